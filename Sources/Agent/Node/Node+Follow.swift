// SPDX-License-Identifier: Apache-2.0
internal import Control
internal import Desired
internal import Images
internal import Linux
internal import Transfer

// Services that move to another image by themselves: `x-martlet.image.follow`.

extension Node {
    /// Asks registries for what apps follow, while the node lives.
    func watchFollowed(every interval: Duration) {
        follower = Task {
            var schedule = FollowSchedule(interval)
            while (try? await Task.sleep(for: schedule.tick)) != nil {
                let following = deployments.values.filter { $0.app.workloads.contains(where: \.follows) }
                for app in schedule.due(among: Set(following.map(\.app.name))) { await follow(app) }
            }
        }
    }

    /// Makes a generation with newer images, if there are some.
    ///
    /// Whatever fails, what runs stays, and it is tried again when the app is due.
    private func follow(_ name: String) async {
        // One that is on its way somewhere is left alone. A registry may be slow: whoever wants something of the app
        // meanwhile goes first, and then this was for nothing.
        guard pauseFile == nil, let present = deployments[name], present.isAtRest else { return }
        do {
            var found = FoundImages()
            var isNews = false
            for service in present.app.workloads {
                guard let image = present.images[service.name] else { continue }
                let reference = try Reference(service.image)
                let tag = try Reference(present.generation.name(of: service))
                var next = FoundImage(reference, .here(image), name: tag)
                if service.follows, let newer = try await newer(than: next, for: service) {
                    next = newer
                    isNews = true
                    try await judge(&next, for: service, of: name, into: &found)
                }
                found.services[service.name] = next
            }
            guard deployments[name]?.generation == present.generation else { return }
            guard isNews else {
                // What is too young for a desired state that was refused is another matter.
                deployments[name]?.holds.removeAll { present.app.service($0.service)?.follows == true }
                return
            }
            try await judgeWindows(present.app, into: &found)
            guard found.holds.isEmpty else { return hold(present.app, found) }
            // Whoever went back from it does not want it again.
            let digests = found.digests
            let known = await records.history(app: name)
            guard !known.contains(where: { $0.number > present.generation.number && $0.images == digests })
            else { return }
            guard await failure(of: name, present.generation.digest, found) == nil else { return }
            let images = try await fetch(found, for: present.app) { _ in }
            await takeTurn(name)
            defer { endTurn(name) }
            guard let now = deployments[name], now.isAtRest, now.generation == present.generation else {
                return
            }
            try await install(
                present.app,
                digest: present.generation.digest,
                images,
                names: found.names,
                model: present.generation.model,
                source: present.generation.source,
                caller: "follow",
                sparingHand: true
            )
        } catch {
            events.append(.failed, app: name, "follow: \(error)")
        }
    }

    /// What a service moves to from its present image; nil if it stays.
    private func newer(than present: FoundImage, for service: Service) async throws -> FoundImage? {
        guard let follow = service.imageDemand.follow else { return nil }
        let store = images, registries = registries, scope = TransferScope()
        let remote = try await withTaskCancellationHandler {
            try await Thread.run { () throws -> RemoteImage? in
                guard case .versions = follow else {
                    return try store.find(present.reference, at: registries, in: scope)
                }
                let tags = try registries.tags(of: present.reference, in: scope)
                guard let tag = follow.next(after: present.name.tag ?? "", among: tags) else { return nil }
                let name = try Reference("\(present.reference.name):\(tag)")
                return try store.find(name, at: registries, in: scope)
            }
        } onCancel: {
            scope.cancel()
        }
        guard let remote, remote.digest != present.digest else { return nil }
        return FoundImage(present.reference, .registry(remote))
    }
}

extension Deployment {
    /// Nothing is done for it now.
    fileprivate var isAtRest: Bool { !isGoing && rollout == nil }
}

extension Generation {
    /// The name that led to a service's image.
    func name(of service: Service) -> String { names?[service.name] ?? service.image }
}

extension Service {
    /// Whether it moves by itself.
    var follows: Bool { imageDemand.follow != nil }
}
