// SPDX-License-Identifier: Apache-2.0
internal import Containers
internal import Desired
internal import Glibc
internal import Linux

// New contents of configs and secrets for a container that goes on (`x-martlet.on_change`).

extension Node {
    /// Puts the present contents in place inside a running container, and then does what the file wants done.
    ///
    /// Until that is done the contents count as another than any: who tries again, or goes back, does it anew.
    func renew(_ id: String, _ app: App) async throws {
        guard let record = instances[id]?.record, let service = app.service(record.service) else { return }
        let given = try await given(service, app, "\(record.name)")
        guard let instance = instances[id], instance.phase == .running, let process = instance.pidfd else {
            return  // it has ended, and finds the contents when it starts again
        }
        let present = instance.record.contents ?? [:]
        let changed = given.filter {
            present[$0.path] != $0.mark && service.reaction(toChangeOf: $0.path) != .restart
        }
        if changed.isEmpty { return }
        try await hide(changed, of: id)
        for file in changed { instances[id]?.record.contents?[file.path] = "" }
        try instances[id]?.record.save(in: folders.records)
        let users: Users = record.hostIDs.map { .range(from: $0) } ?? .host
        var done: [ChangeReaction] = []
        do {
            for file in changed {
                try await file.file.replace(in: process, of: id, users: users, features: features)
            }
            for reaction in changed.map({ service.reaction(toChangeOf: $0.path) })
            where !done.contains(reaction) {
                done.append(reaction)
                try await react(id, reaction, process)
            }
        } catch {
            // One that has ended meanwhile finds the contents when it starts again.
            guard instances[id]?.pidfd === process else { return }
            throw error
        }
        guard instances[id]?.pidfd === process else { return }
        for file in changed { instances[id]?.record.contents?[file.path] = file.mark }
        try instances[id]?.record.save(in: folders.records)
        let names = Set(changed.map(\.path)).sorted().joined(separator: ", ")
        tell(.changed, id, "\(names) changed in place: \(done.map { "\($0)" }.joined(separator: ", "))")
    }

    private func react(_ id: String, _ reaction: ChangeReaction, _ process: Descriptor) async throws {
        switch reaction {
        case .restart, .none: return
        case .signal(let signal): process.kill(signal.number)
        case .execute(let command):
            let status = try await run(Hook(command: command), in: id, until: nil)
            guard status != 0 else { return }
            let name = instances[id].map { "\($0.record.name)" } ?? id
            throw AgentError("change", name, "on_change \(reaction) \(Self.outcome(status))")
        }
    }
}
