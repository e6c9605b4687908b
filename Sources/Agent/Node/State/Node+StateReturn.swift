// SPDX-License-Identifier: Apache-2.0
internal import Control
internal import Desired
internal import Glibc
internal import Images
internal import Linux
internal import Logs
internal import Plan
internal import Sinks
internal import Transfer

// What a store has of a node that is gone is brought to the one that takes its place.

extension Node {
    /// Brings here what is missing; apps go on coming back when this returned.
    func bringBack(_ missing: KeptState.Missing, from log: StateLog) async throws {
        let place = "\(folders.state)/kept.new"
        guard try await log.restore(into: place) else { return }
        let folder = StateFolder(path: place)
        let found = try await Thread.run { try folder.read() }
        for name in found.damaged {
            events.append(.failed, app: nil, "state of the node: \(name) is damaged, and left out")
        }
        let events = events
        let logs = try await bringBackLogs(from: "\(place)/\(StateFolder.logs)")
        try await Thread.run { try events.adopt("\(place)/\(StateFolder.events)") }
        var apps: [String] = []
        if missing == .all {
            let mark = StateMark(keptState?.store ?? "", node: name, isWhole: false), state = folders.state
            try await Thread.run { try mark.save(in: state) }
            restartsBefore = found.restarts
            apps = try await records.adopt(found.apps)
            await bringBackLost()
        }
        try await Thread.run { try Folders.removeTree(place) }
        keptState?.restoredAt = Timestamp.now()
        let names = apps.isEmpty ? "no app" : apps.joined(separator: ", ")
        let version = keptState?.foundSequence.map { "version \($0)" } ?? "a version"
        events.append(.restored, app: nil, "state of the node, as of \(version): \(names), \(logs) logs")
    }

    // MARK: Logs

    /// Moves what was printed and not sent to where logs are, and has it sent; how many logs.
    private func bringBackLogs(from saved: String) async throws -> Int {
        let present = Set(instances.values.map { spoolPath($0.record) })
        let (logs, events) = (logFolders, events)
        return try await Thread.run { [self] in
            var moved = 0
            for log in LogFolders(root: saved).spools(app: nil) {
                let id = String(log.path.split(separator: "/").last ?? "")
                var target = logs.path(
                    app: log.name.app,
                    service: log.name.service,
                    index: log.name.index,
                    id: id
                )
                // A container that runs writes to one of the same name, which was begun anew.
                if present.contains(target) { target += ".saved" }
                guard access(target, F_OK) < 0 else { continue }
                do {
                    // The place itself is made, too: a rename takes an empty folder away.
                    try check("rename", target, rename(log.path, LogFolders.make(target)))
                    ship(target, of: log.name)
                    moved += 1
                } catch {
                    events.append(.failed, app: log.name.app, "logs of \(log.name): \(error)")
                }
            }
            return moved
        }
    }

    // MARK: Apps

    /// Begins to bring back every app that is on record and not here, as its images are not.
    func bringBackLost() async {
        for app in await records.apps.keys.sorted() where deployments[app] == nil {
            guard returns.tasks[app] == nil else { continue }
            returns.untried.insert(app)
            returns.tasks[app] = Task { await bringBack(app) }
        }
    }

    /// Brings an app back as it was, its images from their registries: until it is there, or somebody says what else it
    /// is.
    private func bringBack(_ app: String) async {
        defer {
            returns.end(app)
            changed()
        }
        var pause = Duration.seconds(1)
        while !Task.isCancelled, deployments[app] == nil, let record = await records.apps[app] {
            do {
                if record.stage != .leaving { try await fetchMissing(of: record.generation) }
                await takeTurn(app)
                // It may have been taken down, or become something else, while its images came.
                guard let record = await records.apps[app] else { return endTurn(app) }
                if deployments[app] == nil { await recall(app, record) }
                await resumeVolumes(of: app)
                if deployments[app]?.rollout == nil, deployments[app] != nil { await resume(app) }
                endTurn(app)
                return watchJobs()  // what cannot be used all the same was told
            } catch {
                guard !Task.isCancelled else { return }
                if returns.troubles[app] != "\(error)" {
                    events.append(.failed, app: app, "cannot be brought back: \(error)")
                }
                returns.troubles[app] = "\(error)"
            }
            returns.untried.remove(app)
            changed()
            guard (try? await Task.sleep(for: pause)) != nil else { return }  // the agent ends
            pause = min(pause * 2, .seconds(300))
        }
    }

    /// Pulls the images of a generation that are not here, each by its digest.
    private func fetchMissing(of generation: Generation) async throws {
        let app = try App.decode(
            yaml: generation.model,
            file: generation.app,
            directory: "/",
            environment: [:]
        )
        let (store, registries) = (images, registries)
        for service in app.workloads {
            guard let digest = try generation.images[service.name].map({ try Digest($0) }) else { continue }
            let name = try Reference(generation.name(of: service))
            let pinned = try Reference("\(name.name)\(name.tag.map { ":\($0)" } ?? "")@\(digest)")
            let scope = TransferScope(), mayPull = service.pullPolicy != .never
            let remote = try await withTaskCancellationHandler {
                try await Thread.run { () throws -> RemoteImage? in
                    guard try store.resolve(digest, name: "\(service.name)@\(digest)") == nil else {
                        return nil
                    }
                    guard mayPull else {
                        let remedy = "image \(digest) is not here: bring it with `martlet image import`"
                        throw AgentError("bring back", "\(generation.app)/\(service.name)", remedy)
                    }
                    return try store.find(pinned, at: registries, in: scope)
                }
            } onCancel: {
                scope.cancel()
            }
            if let remote { _ = try await pull(remote, for: service, of: app) { _ in } }
        }
        try await pinImages()
    }
}
