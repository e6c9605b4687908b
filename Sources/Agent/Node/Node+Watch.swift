// SPDX-License-Identifier: Apache-2.0
internal import Containers
internal import Desired
internal import Glibc
internal import Linux

// What the kernel tells of control groups, as events.

extension Node {
    /// Makes or finds the group of an instance and watches it; one that cannot be watched runs all the same, and the
    /// reason is told.
    func watched<Group: Sendable>(
        _ id: String,
        memoryHigh: UInt64?,
        _ make: @escaping @Sendable () throws -> Group
    ) async throws -> Group {
        guard let record = instances[id]?.record else { throw AgentError("start", id, "it is not known") }
        let (tree, sentry, events) = (tree, sentry, events)
        let (app, service, index) = (record.app, record.service, record.index)
        return try await Thread.run { [weak self] in
            let group = try make()
            do {
                try sentry.watch(id, in: tree, memoryThreshold: memoryHigh) { [weak self] event in
                    if event == .written { self?.glance(id) }
                    guard let (kind, reason) = Self.news(event, memoryHigh) else { return }
                    events.append(kind, app: app, service: service, instance: index, reason)
                }
            } catch {
                let reason = "its want of memory will not be told: \(error)"
                events.append(.failed, app: app, service: service, instance: index, reason)
            }
            return group
        }
    }

    private static func news(_ event: CgroupWatch.Event, _ high: UInt64?) -> (EventKind, String)? {
        switch event {
        case .outOfMemory(let kills):
            (.oom, "the kernel ended a process for want of memory, \(kills) in this run")
        case .memoryAbove(let bytes):
            (.memory, "\(bytes) bytes of memory are in use, \(high ?? 0) are the threshold")
        case .empty, .written: nil  // told by whoever sees its end, or looks closer
        }
    }

    /// What this host's control groups can hold of some limits; `degradations` names the rest.
    func held(_ resources: Containers.Resources) -> Containers.Resources {
        var resources = resources
        if !tree.holdsMemoryHigh { (resources.memoryHigh, resources.dropsMemoryHigh) = (nil, false) }
        return resources
    }

    /// What this host does not hold of what was asked for, or does without, each by its name.
    func degradations() -> [String] {
        let (holdsHigh, weighs) = (tree.holdsMemoryHigh, tree.weighsBlockDevices)
        let keepsFromSwap = features.contains(.tmpfsWithoutSwap)
        let unconfined =
            Confinement.landlock > 0
            ? []
            : [
                "Degraded: images: layers are unpacked without Landlock: boot Linux 5.19 or newer with landlock in lsm="
            ]
        return unconfined
            + deployments.values.sorted { $0.app.name < $1.app.name }.flatMap { deployment in
                deployment.app.workloads.flatMap { service -> [String] in
                    let name = "\(deployment.app.name)/\(service.name)"
                    var found: [String] = []
                    if service.resources.memoryHigh != nil, !holdsHigh {
                        found.append(
                            "Degraded: \(name): x-martlet.memory.high is told and not held: control groups are version 1"
                        )
                    }
                    if !service.secrets.isEmpty, !keepsFromSwap {
                        found.append(
                            "Degraded: \(name): secrets can be swapped out: boot Linux 6.4 or newer, or have no swap"
                        )
                    }
                    if service.resources.latency != nil, !weighs {
                        found.append(
                            "Degraded: \(name): x-martlet.cpu.latency weighs processors alone: no scheduler weighs disks"
                        )
                    }
                    return found
                }
            }
    }
}
