// SPDX-License-Identifier: Apache-2.0
public import Control
internal import Desired
public import Images
internal import Linux
internal import Synchronization
internal import Transfer

// The layers of what was found: fetched before anything that runs is stopped.

extension Node {
    /// The images of an app's services, all here.
    func fetch(
        _ found: FoundImages,
        for app: App,
        _ tell: @escaping @Sendable (ApplyProgress) -> Void
    ) async throws -> [String: Image] {
        var images: [String: Image] = [:]
        var fetched: [String: Image] = [:]
        for service in app.workloads {
            guard let wanted = found.services[service.name] else { continue }
            var image: Image
            switch wanted.place {
            case .here(let present): image = present
            case .registry(let remote):
                let key = "\(remote.reference) \(remote.digest)"
                do {
                    if let before = fetched[key] {
                        image = before
                    } else {
                        image = try await pull(remote, for: service, of: app, tell)
                        fetched[key] = image
                    }
                } catch let error as ImageError {
                    try Task.checkCancellation()
                    events.append(.failed, app: app.name, service: service.name, "\(error)")
                    try refuse(app, [PullRefusal(service, error, isHere: false).problem(of: service)])
                    throw error
                }
            }
            image.verdict = wanted.verdict
            images[service.name] = image
        }
        return images
    }

    /// Pulls an image on a thread of its own; called off with the task.
    func pull(
        _ remote: RemoteImage,
        for service: Service,
        of app: App,
        _ tell: @escaping @Sendable (ApplyProgress) -> Void
    ) async throws -> Image {
        let store = images, events = events
        let (name, service) = (app.name, service.name)
        let told = ApplyProgress(
            kind: .pulling,
            app: name,
            generation: deployments[name]?.generation.number ?? 0,
            digest: app.digest,
            done: 0,
            total: 0,
            reason: "pull \(remote.reference)"
        )
        events.append(.pulling, app: name, service: service, told.reason)
        tell(told)
        let pace = Mutex(PullPace(.milliseconds(500)))
        let image = try await withTaskCancellationHandler {
            try await Thread.run {
                try store.fetch(remote) { event in
                    guard pace.withLock({ $0.admits(event) }) else { return }
                    if event.kind == .retrying {
                        events.append(
                            .pulling,
                            app: name,
                            service: service,
                            "\(event.subject): \(event.text)"
                        )
                    }
                    guard let pull = PullProgress(event, of: remote.reference) else { return }
                    events.append(.pulling, app: name, service: service, told.reason, pull: pull)
                    var line = told
                    line.pull = pull
                    tell(line)
                }
            }
        } onCancel: {
            remote.scope.cancel()
        }
        events.append(.pulled, app: name, service: service, "\(remote.reference) is \(image.digest)")
        return image
    }
}

extension PullProgress {
    /// How far a layer is; nil for what is not about a layer.
    public init?(_ event: PullEvent, of image: Reference) {
        guard [.present, .transferring, .verified].contains(event.kind), let layer = event.digest else {
            return nil
        }
        self.init(
            image: "\(image)",
            layer: layer,
            state: event.kind.rawValue,
            done: event.done,
            total: event.total
        )
    }
}
