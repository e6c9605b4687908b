// SPDX-License-Identifier: Apache-2.0
internal import Desired
internal import Linux
internal import Plan

// An app that is to be as it was, after a reboot for example, or that never was and has nothing else to go to: all of
// it that can run does, and the rest is tried again.

extension Node {
    /// Whether an app stays with its generation whatever fails: it has arrived there before, or nothing else can run.
    func isKeptUp(_ app: String) -> Bool {
        deployments[app].map { ($0.stage == .current || $0.isForlorn) && !$0.isReturning } ?? false
    }

    /// Tells what keeps an app, or a service of it, from being as it should, unless that was told last.
    func complain(_ app: String, service: String? = nil, _ what: String) {
        let key = service ?? ""
        guard deployments[app]?.troubles.updateValue(what, forKey: key) != what else { return }
        events.append(.failed, app: app, service: service, what)
    }

    /// Whether a step is left out: nothing is replaced of a service that could not be started, and nothing started
    /// of one that waits for another in vain.
    func isLeft(_ step: Step, in app: String) -> Bool {
        guard let left = step.service.flatMap({ deployments[app]?.left[$0] }) else { return false }
        switch step.action {
        case .create: return false
        case .start: return left.isWaiting
        default: return true
        }
    }

    /// Leaves a service of an app that is kept up for now, and what waits for it; anything else fails as ever.
    func passOver(_ step: Step, _ error: any Error, in app: App) throws {
        guard !Task.isCancelled, isKeptUp(app.name), let service = step.startedService else {
            return try skip(error, in: app)
        }
        // It has not run, whatever its policy says of an end.
        if case .start(let name) = step.action {
            for (id, instance) in instances where instance.record.name == name {
                if instance.phase == .exited(nil) { instances[id]?.phase = .created }
            }
        }
        if deployments[app.name]?.left[service] == nil {
            let isWaiting = if case .waitFor = step.action { true } else { false }
            deployments[app.name]?.left[service] = Deployment.Left(error: error, isWaiting: isWaiting)
        }
        complain(app.name, service: service, "\(error): the others are started")
    }

    /// Brings an app that is not as it should be there again, later each time.
    func tryAgain(_ app: String) {
        guard let number = deployments[app]?.number,
            let delay = deployments[app]?.backoff.delay(
                policy: RestartPolicy(condition: .always),
                status: nil,
                ran: .zero
            )
        else { return }
        deployments[app]?.nextTry = Task {
            guard (try? await Task.sleep(for: delay)) != nil else { return }  // the agent ends
            await takeTurn(app)
            defer { endTurn(app) }
            guard !Task.isCancelled, let deployment = deployments[app], deployment.number == number,
                deployment.rollout == nil
            else { return }
            guard pauseFile == nil else { return tryAgain(app) }
            do { try await goOn(app) } catch {
                deployments[app]?.phase = .failed("\(error)")
                complain(app, "\(error)")
                tryAgain(app)
            }
        }
    }
}

extension Deployment {
    /// It is on its way, and what is not a part of that has to wait.
    var isBusy: Bool { rollout != nil && !isSettling }
}

extension Step {
    /// The service that it brings somewhere; nil for other steps.
    fileprivate var service: String? {
        switch action {
        case .replace(let name, _, _), .startBeside(let name, _), .takeOver(let name, _): name.service
        case .settle(let service, _): service
        default: startedService
        }
    }

    /// The service of which something is to run that did not; nil where it is changed.
    fileprivate var startedService: String? {
        if case .changed = reason { return nil }
        switch (action, reason) {
        case (.create(let name), _), (.start(let name), _): return name.service
        case (.waitFor, .dependency(let service)): return service
        default: return nil
        }
    }
}
