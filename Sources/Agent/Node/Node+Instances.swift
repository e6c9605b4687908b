// SPDX-License-Identifier: Apache-2.0
internal import Linux
internal import Networks
internal import Plan
internal import Volumes

// What is here of an app.

extension Node {
    /// The instances of an app, in no order: what that costs hardly grows with those of others.
    func instances(of app: String) -> [Instance] {
        // By their ids first, which begin so: to look at an instance is to copy it.
        let start = "\(app)-"
        return instances.keys.filter { $0.hasPrefix(start) }.compactMap { instances[$0] }.filter {
            $0.record.app == app
        }
    }

    /// What this node has of an app: what that costs does not grow with the others.
    func observe(_ app: String) async throws -> Observed {
        let volumes = volumes, networks = networks, folders = folders
        let (volumesFound, networksFound) = try await Thread.run {
            try (
                volumes.list(app: app).map { Observed.Volume(app: app, name: $0) },
                networks.bridges(of: app).map {
                    Observed.Network(
                        app: app,
                        name: $0.name,
                        definition: try folders.definition(of: $0.name, app: app)
                    )
                }
            )
        }
        var completed: [String: Set<String>] = [:]
        for (job, record) in await records.jobs(app: app) {
            completed["\(app)/\(job)"] = Set(record.completed)
        }
        return Observed(
            instances: instances(of: app).map { instance in
                var observed = instance.observed
                observed.contents = self.marks.valid(observed.contents)
                return observed
            }.sorted { $0.id < $1.id },
            networks: networksFound,
            volumes: volumesFound,
            stopped: Set((deployments[app]?.stopped ?? []).compactMap { InstanceName(app: app, place: $0) }),
            completed: completed
        )
    }
}
