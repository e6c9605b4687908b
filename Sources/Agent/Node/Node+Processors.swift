// SPDX-License-Identifier: Apache-2.0
internal import Containers
internal import Control
internal import Desired
internal import Linux
internal import Plan

// Processors that a service has for itself: every other container of the node is kept off them while it runs.

extension Node {
    /// Every app of the node that stays; `app` counts as it is given.
    func accepted(with app: App) -> [App] {
        deployments.values.filter { $0.app.name != app.name && !$0.isGoing }.map(\.app) + [app]
    }

    /// Which services may have which processors for themselves, by what was accepted; `app` counts as it is given.
    private func claims(with app: App) -> [(owner: String, service: Service, processors: Set<Int>)] {
        accepted(with: app).sorted { $0.name < $1.name }.flatMap { app in
            app.services.filter { $0.resources.isExclusive && $0.replicas > 0 }.map { service in
                (
                    "\(app.name)/\(service.name)", service,
                    ProcessorSet(service.resources.processors ?? "")?.numbers ?? []
                )
            }
        }
    }

    /// Refuses an app whose processors cannot be had: they are not there, are another's, or leave none for others.
    ///
    /// - Throws: `ControlError`.
    func checkProcessors(of app: App) throws {
        guard let online = ProcessorSet.online?.numbers else { return }
        let claims = claims(with: app)
        guard !claims.isEmpty else { return }
        var problems: [ControlError.Problem] = []
        var taken: [Int: String] = [:]
        for claim in claims {
            let isOurs = claim.owner.hasPrefix("\(app.name)/")
            for processor in claim.processors.sorted() {
                if let other = taken[processor] {
                    problems.append(
                        Self.problem(claim.service, "processor \(processor) is kept for \(other)")
                    )
                } else {
                    taken[processor] = claim.owner
                }
            }
            let absent = claim.processors.subtracting(online)
            if isOurs, !absent.isEmpty {
                let names = "\(ProcessorSet(absent)): the node has \(ProcessorSet(online))"
                problems.append(Self.problem(claim.service, "there is no processor \(names)"))
            }
        }
        let left = online.subtracting(taken.keys)
        if left.isEmpty, let last = claims.last(where: { $0.owner.hasPrefix("\(app.name)/") }) {
            let what = "no processor is left for other containers: the node has \(ProcessorSet(online))"
            problems.append(Self.problem(last.service, what))
        }
        for other in accepted(with: app) {
            for service in other.services where !service.resources.isExclusive && !left.isEmpty {
                guard let list = service.resources.processors else { continue }
                let set = ProcessorSet(list)?.numbers ?? []
                guard set.intersection(online).isDisjoint(with: left) else { continue }
                let owner = set.compactMap { taken[$0] }.min() ?? "others"
                let what = "all processors of \(other.name)/\(service.name) (\(list)) are kept for \(owner)"
                problems.append(Self.problem(service, what))
            }
        }
        try refuse(app, problems)
    }

    private static func problem(_ service: Service, _ what: String) -> ControlError.Problem {
        problem("services.\(service.name).cpuset", what, "name others, or remove 'x-martlet.cpu.exclusive'")
    }

    /// The processors that a container runs on as things stand; nil if nobody says anything about them.
    func processors(of record: InstanceRecord, _ limits: Desired.Resources) -> ProcessorSet? {
        let own = limits.processors.flatMap { ProcessorSet($0) }
        if limits.isExclusive { return own }
        let taken = instances.values.reduce(into: Set<Int>()) { taken, instance in
            guard instance.holdsProcessors, let held = instance.record.limits?.processors else { return }
            taken.formUnion(ProcessorSet(held)?.numbers ?? [])
        }
        guard !taken.isEmpty, let all = own ?? .online else { return own }
        let left = all.numbers.subtracting(taken)
        return left.isEmpty ? own : ProcessorSet(left)
    }

    /// Brings every running container to the processors that are left for it.
    ///
    /// What cannot be changed is told, and holds up nothing.
    func spreadProcessors() async {
        guard instances.values.contains(where: { $0.holdsProcessors || $0.processors != nil }) else { return }
        await takeTurn(Self.processorTurn)
        defer { endTurn(Self.processorTurn) }
        for id in instances.keys.sorted() {
            guard let instance = instances[id], instance.phase == .running,
                let limits = instance.record.limits
            else { continue }
            let wanted = processors(of: instance.record, limits)
            guard wanted != instance.processors, let set = wanted ?? .online else { continue }
            let tree = tree
            do {
                try await Thread.run {
                    var change = Containers.Resources()
                    change.processorSet = "\(set)"
                    try Cgroup(existing: id, in: tree).apply(change)
                }
                instances[id]?.processors = wanted
            } catch {
                guard instances[id]?.phase == .running else { continue }  // it ended meanwhile
                tell(.failed, id, "its processors cannot be changed: \(error)")
            }
        }
    }

    /// Gives the processors of one that has ended back to all.
    func releaseProcessors(_ id: String) async {
        instances[id]?.processors = nil
        guard instances[id]?.holdsProcessors == true else { return }
        instances[id]?.holdsProcessors = false
        await spreadProcessors()
    }

    /// No app has such a name.
    private static let processorTurn = "/processors"
}
