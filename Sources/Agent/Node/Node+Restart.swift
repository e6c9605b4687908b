// SPDX-License-Identifier: Apache-2.0
internal import Desired

// When what has ended is started again.

extension Node {
    /// Starts an instance that has ended again by its policy, later if it flaps.
    func restart(_ id: String, _ status: Int32?, ran: Duration, because why: String? = nil) async {
        guard let instance = instances[id], !instance.isStopping, !instance.hasFailed,
            let service = instance.service,
            var delay = instances[id]?.backoff.delay(policy: service.restart, status: status, ran: ran)
        else { return }
        let end = why ?? status.map { "exited \($0)" } ?? "exited, status unknown"
        instances[id]?.lastEnd = end
        let isNews = instances[id]?.flap.note(service.flap, now: .now) == true
        if instances[id]?.flap.isFlapping == true { delay = max(delay, FlapGuard.pause) }
        if isNews {
            let rule = "\(service.flap.restarts) times within \(service.flap.within)"
            tell(.degraded, id, "was started again \(rule), and is now every \(FlapGuard.pause): \(end)")
        } else if instances[id]?.flap.isFlapping == false {
            tell(.restarting, id, "starts again in \(delay)")
        }
        let task = Task {
            guard (try? await Task.sleep(for: delay)) != nil else { return }  // stopped meanwhile
            await self.restartNow(id)
        }
        instances[id]?.tasks.append(task)
    }

    private func restartNow(_ id: String) async {
        await awaitDependencies(of: id)
        guard !Task.isCancelled, let instance = instances[id], !instance.isStopping,
            instance.phase != .running
        else { return }
        instances[id]?.tasks = []  // this one: an end of the new run must not cancel it
        instances[id]?.record.restarts += 1
        do {
            try await launch(id)
            await restartDependents(of: id)
        } catch {
            tell(.failed, id, "\(error)")
            await restart(id, nil, ran: .zero, because: "\(error)")
        }
    }

    /// Waits until what an instance depends on is as it says, or cannot become so; a stop ends it.
    private func awaitDependencies(of id: String) async {
        guard let record = instances[id]?.record, let service = instances[id]?.service else { return }
        for dependency in service.dependencies where dependency.isRequired {
            _ = await until(nil) {
                Task.isCancelled || instances[id]?.isStopping != false || instances[id]?.phase == .running
                    || instances(of: record.app).allSatisfy {
                        $0.record.service != dependency.service || $0.record.isRun == true
                            || $0.meets(dependency.condition) || $0.cannotReach(dependency.condition)
                    }
            }
        }
    }

    /// Leaves one that flapped alone again once it has been well for as long as its limit is about.
    func watchFlap(_ id: String) {
        guard let instance = instances[id], instance.flap.isFlapping, let limit = instance.service?.flap
        else {
            return
        }
        let task = Task {
            while let now = instances[id], now.pid == instance.pid, now.phase == .running {
                let well = now.health?.wellFor(until: .now) ?? (.now - now.startedAt)
                guard well < limit.within else {
                    instances[id]?.flap.settle()
                    instances[id]?.lastEnd = ""
                    return tell(.recovered, id, "has been well for \(limit.within)")
                }
                let left = max(limit.within - well, .milliseconds(100))
                guard (try? await Task.sleep(for: left)) != nil else { return }  // it has ended
            }
        }
        instances[id]?.tasks.append(task)
    }
}
