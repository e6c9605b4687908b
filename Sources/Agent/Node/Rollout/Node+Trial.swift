// SPDX-License-Identifier: Apache-2.0

// What a rollout started is on trial until its end. That is on record: an agent that is killed meanwhile does not
// shorten it.

extension Node {
    /// What a rollout starts is watched from here on.
    func beginTrial(_ id: String) throws {
        guard let record = instances[id]?.record, let deployment = deployments[record.app],
            deployment.watched != nil
        else { return }
        deployments[record.app]?.watched?.started.insert(id)
        guard record.trial != deployment.generation.number else { return }
        instances[id]?.record.trial = deployment.generation.number
        try instances[id]?.record.save(in: folders.records)
    }

    /// Another rollout begins: what an earlier one started has nothing to show it.
    func endTrials(of app: String) throws {
        for (id, instance) in instances where instance.record.app == app && instance.record.trial != nil {
            instances[id]?.record.trial = nil
            try instances[id]?.record.save(in: folders.records)
        }
    }

    /// A start on trial of which nobody knows how it went, as its agent was killed, is made once more.
    func forgetUnseenStarts(of app: String) {
        for id in onTrial(in: app) where instances[id]?.phase == .exited(nil) {
            instances[id]?.phase = .created
        }
    }

    /// Watches again what was on trial; what has failed meanwhile counts as if it had been seen.
    func resumeTrials(of app: String) {
        guard deployments[app]?.watched != nil else { return }
        for id in onTrial(in: app) {
            deployments[app]?.watched?.started.insert(id)
            if case .exited(let status) = instances[id]?.phase { noteEnd(id, status) }
        }
    }

    private func onTrial(in app: String) -> [String] {
        guard let number = deployments[app]?.generation.number else { return [] }
        return instances.values.map(\.record).filter { $0.app == app && $0.trial == number }.map(\.id)
    }
}
