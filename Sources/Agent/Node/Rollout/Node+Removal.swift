// SPDX-License-Identifier: Apache-2.0
internal import Desired
internal import Linux
internal import Plan

// What goes: all at once but for what others among them depend on.

extension Node {
    /// Stops and removes instances, all at once but for what others among them depend on.
    func removeAll(_ steps: [Step], of app: String) async throws {
        let ids = Set(steps.compactMap(\.removedID))
        departed.subtract(ids)
        try await withThrowingTaskGroup(of: Void.self) { group in
            for id in ids { group.addTask { try await self.removeInOrder(id, among: ids, steps, app) } }
            var first: (any Error)?
            while let result = await group.nextResult() {
                if case .failure(let error) = result { first = first ?? error }
            }
            if let first { throw first }
        }
    }

    private func removeInOrder(_ id: String, among ids: Set<String>, _ steps: [Step], _ app: String)
        async throws
    {
        let dependents = dependents(of: id, among: ids)
        _ = await until(nil) { Task.isCancelled || departed.isSuperset(of: dependents) }
        // Also when it failed: nobody waits for ever.
        defer {
            departed.insert(id)
            changed()
        }
        try Task.checkCancellation()
        for step in steps where step.removedID == id {
            tell(step, of: app)
            Failpoint.removalDue.reach()
            try await perform(step, App(name: app), [:])
            Failpoint.removalDone.reach()
            deployments[app]?.done += 1
        }
    }

    /// Who must be gone before; two that depend on each other wait for neither.
    private func dependents(of id: String, among ids: Set<String>) -> Set<String> {
        guard let record = instances[id]?.record else { return [] }
        return ids.filter { other in
            guard let dependent = instances[other]?.record, dependent.service != record.service else {
                return false
            }
            return dependent.dependencies.contains(record.service)
                && !record.dependencies.contains(dependent.service)
        }
    }
}

extension Step {
    /// The id of what a step stops for good or removes.
    var removedID: String? {
        switch action {
        case .stop(_, let id), .remove(_, let id): id
        default: nil
        }
    }

    var isRemoval: Bool { removedID != nil }

    /// The service of an instance that a step makes anew.
    var replacedService: String? {
        switch action {
        case .replace(let name, _, _), .startBeside(let name, _): name.service
        default: nil
        }
    }
}
