// SPDX-License-Identifier: Apache-2.0
internal import Desired

/// A plan in the making.
struct Draft {
    let app: App
    let digests: [String: String]
    /// The replace key of each service.
    private let keys: [String: String]
    /// What stands for the contents of each service's files.
    private let contents: [String: [String: String]]
    private let networks: [String: Observed.Network]
    private let volumes: Set<String>
    private let existing: [Observed.Instance]
    let stopped: Set<InstanceName>
    let completed: [String: Set<String>]
    /// The app goes back to a generation that was there before.
    let isReturn: Bool
    /// The containers that stay, by their places.
    private var kept: [InstanceName: Observed.Instance] = [:]
    /// Places whose container goes for the sake of a network, and comes back.
    private var vacated: [InstanceName: Reason] = [:]
    /// Services with an instance that this plan starts.
    private var started: Set<String> = []

    init(
        observed: Observed,
        app: App,
        digests: [String: String],
        secrets: [String: String],
        isReturn: Bool
    ) {
        self.app = app
        self.isReturn = isReturn
        self.digests = digests
        keys = Dictionary(app.workloads.map { ($0.name, app.replaceKey(of: $0)) }) { first, _ in first }
        contents = Dictionary(app.workloads.map { ($0.name, app.contents(of: $0, secrets: secrets)) }) {
            first,
            _ in first
        }
        networks = Dictionary(
            observed.networks.filter { $0.app == app.name }.map { ($0.name, $0) },
            uniquingKeysWith: { first, _ in first }
        )
        volumes = Set(observed.volumes.filter { $0.app == app.name }.map(\.name))
        existing = observed.instances.filter { $0.app == app.name }
        stopped = observed.stopped
        completed = observed.completed
    }

    mutating func steps() -> [Step] {
        let removals = removals()
        var steps =
            removals + ground()
            + app.servicesInOrder.flatMap { service in
                limits(of: service) + renewals(of: service) + logChanges(of: service)
            }
        for service in app.workloadsInOrder {
            if let job = app.job(service.name) {
                steps += run(job)
                continue
            }
            var work: [Step] = []
            var updates: [Update] = []
            for index in 0..<service.replicas {
                let name = InstanceName(app: app.name, service: service.name, index: index + 1)
                if let instance = kept[name], let fields = changes(instance, service) {
                    updates.append(Update(instance: instance, fields: fields))
                } else {
                    work += place(name, of: service)
                }
            }
            work += replacements(updates, of: service)
            work += restarts(of: service)
            guard work.contains(where: \.starts) else {
                steps += work
                continue
            }
            steps += waits(of: service) + work
            started.insert(service.name)
        }
        return steps
    }

    // MARK: What goes

    private mutating func removals() -> [Step] {
        var reasons: [String: Reason] = [:]
        let movesNetwork = networks.values.contains { app.network($0.name)?.definition != $0.definition }
        for instance in existing.sorted(by: keepsRather) {
            if instance.isRun {
                reasons[instance.id] = end(of: instance, movesNetwork: movesNetwork)
                continue
            }
            guard let service = app.service(instance.service) else {
                reasons[instance.id] = .gone
                continue
            }
            guard (1...max(service.replicas, 1)).contains(instance.index), service.replicas > 0 else {
                reasons[instance.id] = .scaled(service: service.name)
                continue
            }
            guard kept[instance.name] == nil, vacated[instance.name] == nil else {
                if !isSuccessor(instance, service) {
                    reasons[instance.id] = instance.isWaiting ? .abandoned : .duplicate
                }
                continue
            }
            if movesNetwork, let fields = changes(instance, service),
                fields.contains(where: Draft.concernsNetworks)
            {
                reasons[instance.id] = .changed(fields)
                vacated[instance.name] = .changed(fields)
                continue
            }
            kept[instance.name] = instance
        }
        return StopOrder.ordered(existing.filter { reasons[$0.id] != nil }).flatMap { instance in
            Plan.removal(of: instance, reasons[instance.id] ?? .gone)
        }
    }

    /// Of two containers in one place the one that serves stays, rather one that runs, rather one that is as it
    /// should be, and then the one with the lesser id.
    private func keepsRather(_ one: Observed.Instance, than other: Observed.Instance) -> Bool {
        let (first, second) = (merits(one), merits(other))
        for (isFirst, isSecond) in zip(first, second) where isFirst != isSecond { return isFirst }
        return one.id < other.id
    }

    private func merits(_ instance: Observed.Instance) -> [Bool] {
        [!instance.isWaiting, instance.state == .running, isRight(instance)]
    }

    /// Whether it waits to take the place of the one that is kept, and may.
    private func isSuccessor(_ instance: Observed.Instance, _ service: Service) -> Bool {
        guard instance.isWaiting, isRight(instance), let present = kept[instance.name] else { return false }
        return !isRight(present) && startsFirst(present, service)
    }

    static func concernsNetworks(_ field: String) -> Bool {
        let parts = field.split(separator: ".")
        return parts.count < 3 || parts.last == "networks" || parts.last == "network_mode"
    }

    // MARK: What services stand on

    private func ground() -> [Step] {
        var removed: [Step] = []
        for network in networks.values.sorted(by: { $0.name < $1.name }) {
            guard let wanted = app.network(network.name) else {
                removed.append(Step(.removeNetwork(network.name), .gone))
                continue
            }
            if wanted.definition != network.definition {
                removed.append(Step(.removeNetwork(network.name), .changed(["networks.\(network.name)"])))
            }
        }
        let made = app.networks.filter { networks[$0.name]?.definition != $0.definition }.map { network in
            let path = "networks.\(network.name)"
            return Step(
                .createNetwork(network.name),
                networks[network.name] == nil ? .new(path) : .changed([path])
            )
        }
        let volumes = app.volumes.filter { !self.volumes.contains($0.name) }.map { volume in
            Step(.createVolume(volume.name), .new("volumes.\(volume.name)"))
        }
        return removed + made + volumes
    }

    // MARK: What runs

    private func place(_ name: InstanceName, of service: Service) -> [Step] {
        guard let instance = kept[name] else {
            let reason = vacated[name] ?? absence(of: name)
            // Docker's words: `always` comes back when the node does, `unless-stopped` does not.
            let stays = stopped.contains(name) && service.restart.condition == .unlessStopped
            return [Step(.create(name), reason)] + (stays ? [] : [Step(.start(name), reason)])
        }
        switch instance.state {
        case .running: return []
        case .created: return stopped.contains(name) ? [] : [Step(.start(name), .notStarted)]
        case .exited(let status):
            let isLeft = stopped.contains(name) || instance.isRestarting
            return !isLeft && service.restart.startsAgain(instance, after: status)
                ? [Step(.start(name), .exited(status))] : []
        }
    }

    /// Limits are changed live; the file wins over what was changed by hand.
    private func limits(of service: Service) -> [Step] {
        let stay = kept.values.filter { $0.service == service.name && changes($0, service) == nil }
        return stay.sorted { $0.name < $1.name }.flatMap { instance -> [Step] in
            let drifted = instance.drift.map { $0 == "paused" ? $0 : "services.\(service.name).\($0)" }
            let isFrozen = instance.drift.contains("paused")
            let thaw = isFrozen ? [Step(.thaw(instance.name, id: instance.id), .drifted(["paused"]))] : []
            guard let limits = instance.limits, limits != service.resources else {
                let fields = drifted.filter { $0 != "paused" }
                let limit = Step(.limit(instance.name, id: instance.id), .drifted(fields))
                return (fields.isEmpty ? [] : [limit]) + thaw
            }
            let fields = service.resources.changes(from: limits).map { "services.\(service.name).\($0)" }
            let limit = Step(
                .limit(instance.name, id: instance.id),
                instance.areLimitsByHand ? .changedByHand(fields) : .changed(fields)
            )
            return [limit] + thaw
        }
    }

    private func absence(of name: InstanceName) -> Reason {
        let indexes = existing.filter { $0.service == name.service }.map(\.index)
        guard let highest = indexes.max() else { return .new("services.\(name.service)") }
        return name.index > highest ? .scaled(service: name.service) : .missing(name)
    }

    /// Whether the container is as its service wants it.
    private func isRight(_ instance: Observed.Instance) -> Bool {
        instance.replaceKey == keys[instance.service]
            && digests[instance.service].map { $0 == instance.imageDigest } ?? true
            && (app.service(instance.service).map { changedContents(instance, $0, inPlace: false) } ?? [])
                .isEmpty
    }

    /// The paths of contents that are others than the container has: those for whose sake it is made anew, or those
    /// that are changed in place.
    private func changedContents(_ instance: Observed.Instance, _ service: Service, inPlace: Bool) -> [String]
    {
        let changed = (contents[service.name] ?? [:]).filter { path, content in
            guard let present = instance.contents[path], present != content else { return false }
            return (service.reaction(toChangeOf: path) != .restart) == inPlace
        }
        return changed.keys.map { "\($0).content" }.sorted()
    }

    /// Files are changed as it runs where the file says so; what does not run finds them when it starts.
    private func renewals(of service: Service) -> [Step] {
        let stay = kept.values.filter {
            $0.service == service.name && $0.state == .running && changes($0, service) == nil
        }
        return stay.sorted { $0.name < $1.name }.compactMap { instance in
            let changed = changedContents(instance, service, inPlace: true)
            return changed.isEmpty ? nil : Step(.renew(instance.name, id: instance.id), .changed(changed))
        }
    }

    /// What becomes of lines changes as they are written; what does not run begins with it.
    private func logChanges(of service: Service) -> [Step] {
        let stay = kept.values.filter {
            $0.service == service.name && $0.state == .running && changes($0, service) == nil
        }
        return stay.sorted { $0.name < $1.name }.compactMap { instance in
            let fields = instance.logs.map { service.logs.changes(from: $0) } ?? []
            let paths = fields.map { "services.\(service.name).\($0)" }
            return paths.isEmpty ? nil : Step(.relog(instance.name, id: instance.id), .changed(paths))
        }
    }

    /// The fields for whose sake the container must be made anew; nil if there are none.
    func changes(_ instance: Observed.Instance, _ service: Service) -> [String]? {
        if isRight(instance) { return nil }
        var fields: [String] = []
        if let digest = digests[service.name], digest != instance.imageDigest { fields.append("image") }
        if let key = keys[service.name], key != instance.replaceKey {
            guard let changed = App.changedFields(from: instance.replaceKey, to: key), !changed.isEmpty else {
                return ["services.\(service.name)"]
            }
            fields += changed
        }
        let all =
            fields.map { "services.\(service.name).\($0)" }.sorted()
            + changedContents(instance, service, inPlace: false)
        return all.isEmpty ? nil : all
    }

    /// Running instances that follow a dependency with `restart: true`.
    private func restarts(of service: Service) -> [Step] {
        guard let cause = service.dependencies.first(where: { $0.restarts && started.contains($0.service) })
        else { return [] }
        let running = kept.values.filter {
            $0.service == service.name && $0.state == .running && changes($0, service) == nil
        }
        return running.sorted { $0.name < $1.name }.flatMap { instance in
            let reason = Reason.dependencyRestarted(cause.service)
            return [Step(.stop(instance.name, id: instance.id), reason), Step(.start(instance.name), reason)]
        }
    }

    func waits(of service: Service) -> [Step] {
        service.dependencies.compactMap { dependency in
            guard let other = app.service(dependency.service),
                dependency.condition != .started || other.notification != nil,
                !meets(dependency.condition, other)
            else {
                return nil
            }
            return Step(
                .waitFor(service: other.name, dependency.condition, isRequired: dependency.isRequired),
                .dependency(of: service.name)
            )
        }
    }

    private func meets(_ condition: Dependency.Condition, _ service: Service) -> Bool {
        guard !started.contains(service.name) else { return false }
        let instances = kept.values.filter { $0.service == service.name }
        switch condition {
        // One that says itself when it has started has not before.
        case .started: return instances.allSatisfy { $0.state != .running || $0.health != .starting }
        case .healthy: return instances.allSatisfy { $0.state == .running && $0.health == .healthy }
        case .completed: return instances.allSatisfy { $0.state == .exited(0) }
        }
    }
}
