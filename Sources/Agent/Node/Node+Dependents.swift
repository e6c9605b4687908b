// SPDX-License-Identifier: Apache-2.0
internal import Desired

// `depends_on.X.restart: true` (05-services.md): who depends on what was started again is started again, too.

extension Node {
    /// Starts again whoever asked for that when `id` is, once it is what they wait for.
    func restartDependents(of id: String) async {
        guard let record = instances[id]?.record, let run = instances[id]?.pid else { return }
        let dependents = instances.values.filter { $0.record.app == record.app && $0.follows(record.service) }
        for (other, condition) in dependents.map({ ($0.record.id, $0.condition(on: record.service)) }) {
            // It may end again before; its next start comes here as well.
            _ = await until(nil) {
                instances[id]?.pid != run || instances[id]?.meets(condition) != false
                    || instances[id]?.cannotReach(condition) == true
            }
            guard instances[id]?.pid == run, instances[id]?.meets(condition) == true else { return }
            await restart(other, after: record.service)
        }
    }

    private func restart(_ id: String, after service: String) async {
        guard let instance = instances[id], instance.phase == .running, !instance.isStopping,
            deployments[instance.record.app]?.rollout == nil  // which looks after the order itself
        else { return }
        tell(.restarting, id, "\(service), on which it depends, was started again")
        do {
            try await stop(id)
            let isWanted = deployments[instance.record.app]?.stopped.contains(instance.record.place) == false
            guard isWanted, deployments[instance.record.app]?.isGoing == false else { return }
            try await launch(id)
        } catch {
            tell(.failed, id, "\(error)")
        }
        await restartDependents(of: id)
    }
}

extension Instance {
    fileprivate func follows(_ other: String) -> Bool {
        service?.dependencies.contains { $0.service == other && $0.restarts } == true
    }

    fileprivate func condition(on other: String) -> Dependency.Condition {
        service?.dependencies.first { $0.service == other }?.condition ?? .started
    }
}
