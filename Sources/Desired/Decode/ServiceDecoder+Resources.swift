// SPDX-License-Identifier: Apache-2.0

extension ServiceDecoder {
    /// What the container may use: the old keys of a service and `deploy`, which agree where both speak.
    func resources(_ fields: Fields, _ own: Fields?, into service: inout Service) {
        let deploy = fields["deploy"].flatMap { Fields($0, .deploy) }
        // What it says is not supported yet; said that nothing is wished, as `config` prints it, it is fine.
        _ = deploy?["placement"].flatMap { Fields($0, .placement) }
        deploy?["mode"]?.supportOnly("replicated")
        let sections = deploy?["resources"].flatMap { Fields($0, .resources) }
        let limits = sections?["limits"].flatMap { Fields($0, .limits) }
        let reservations = sections?["reservations"].flatMap { Fields($0, .reservations) }
        var resources = Resources()
        resources.memoryLimit = (limits?["memory"] ?? fields["mem_limit"]).flatMap(memory)
        resources.cpuLimit = (limits?["cpus"] ?? fields["cpus"]).flatMap(cpus)
        resources.pidsLimit = (limits?["pids"] ?? fields["pids_limit"])?.integer(-1...Int(Int32.max))
        if let limit = resources.pidsLimit, limit <= 0 { resources.pidsLimit = nil }
        resources.cpuShares = fields["cpu_shares"]?.integer(0...262_144)
        if resources.cpuShares == 0 { resources.cpuShares = nil }
        let reservation = reservations?["memory"] ?? fields["mem_reservation"]
        resources.memoryReservation = reservation.flatMap(memory)
        resources.cpuReservation = reservations?["cpus"].flatMap(cpus)
        if let kept = resources.memoryReservation, let limit = resources.memoryLimit, kept > limit {
            reservation?.refuse("more memory is reserved than the limit allows")
        }
        if let kept = resources.cpuReservation, let limit = resources.cpuLimit, kept > limit {
            reservations?["cpus"]?.refuse("more processors are reserved than the limit allows")
        }
        bandwidth(fields, into: &resources)
        resources.processors = fields["cpuset"]?.string().flatMap { $0.isEmpty ? nil : $0 }
        if let memory = own?["memory"].flatMap({ Fields($0, .memoryExtension) }) {
            ownMemory(memory, into: &resources)
        }
        if let cpu = own?["cpu"].flatMap({ Fields($0, .processorExtension) }) {
            ownProcessors(cpu, into: &resources)
        }
        service.resources = resources
        service.serviceLabels = deploy?["labels"]?.labels() ?? [:]
        service.replicas = (deploy?["replicas"] ?? fields["scale"])?.integer(0...1000) ?? 1
        service.containerName = fields["container_name"]?.string()
        service.update = deploy?["update_config"].map { RolloutDecoder().update($0) } ?? UpdateConfig()
        service.rollback = deploy?["rollback_config"].map { RolloutDecoder().rollback($0) } ?? UpdateConfig()
        service.restart = restart(fields["restart"], deploy?["restart_policy"])
    }

    /// `x-martlet.memory`.
    private func ownMemory(_ fields: Fields, into resources: inout Resources) {
        if let field = fields["high"] {
            resources.memoryHigh = memory(field)
            if let high = resources.memoryHigh, let limit = resources.memoryLimit, high > limit {
                field.refuse("is above the limit of memory, so it is never reached")
            }
        }
        if let field = fields["swap_max"] {
            // No swap at all is a wish of its own.
            resources.swapLimit = field.bytes()
            if resources.memoryLimit == nil {
                field.refuse("needs a limit of memory", "add 'deploy.resources.limits.memory'")
            }
        }
    }

    /// `x-martlet.cpu`.
    private func ownProcessors(_ fields: Fields, into resources: inout Resources) {
        resources.weight = fields["weight"]?.integer(1...10_000)
        resources.latency = fields["latency"]?.parsed(
            "a latency class",
            "use 'best-effort', 'normal', 'priority' or 'premier'"
        ) { Latency(rawValue: $0) }
        resources.isExclusive = fields["exclusive"]?.bool() ?? false
        if resources.cpuShares != nil || resources.cpuReservation != nil {
            (fields["weight"] ?? fields["latency"])?.refuse(
                "'cpu_shares' and a reservation of 'cpus' say what it weighs, too",
                "keep one of them"
            )
        }
        guard resources.isExclusive else { return }
        guard let set = resources.processors else {
            fields["exclusive"]?.refuse("no processor is named", "add for example 'cpuset: \"2-3\"'")
            return
        }
        if let limit = resources.cpuLimit,
            limit.nanos > Int64(ProcessorList(set).numbers.count) * 1_000_000_000
        {
            fields["exclusive"]?.refuse("'cpuset' has fewer processors than 'cpus' allows", "make them equal")
        }
    }

    /// The old way to limit processor time: so many microseconds in each period of so many.
    private func bandwidth(_ fields: Fields, into resources: inout Resources) {
        // The bounds are the kernel's: sched-bwc.rst.
        if let field = fields["cpu_period"], let period = field.integer(0...Int64(1_000_000)), period > 0 {
            if period < 1_000 { field.refuse("a period is from 1000 to 1000000 microseconds") }
            resources.cpuPeriod = .microseconds(period)
        }
        if let field = fields["cpu_quota"], let quota = field.integer(-1...Int64(1_000_000_000)), quota > 0 {
            if quota < 1_000 { field.refuse("a quota is of at least 1000 microseconds") }
            resources.cpuQuota = .microseconds(quota)
        }
        guard resources.cpuLimit != nil, resources.cpuQuota != nil || resources.cpuPeriod != nil else {
            return
        }
        (fields["cpu_quota"] ?? fields["cpu_period"])?.refuse(
            "beside 'cpus' is not supported yet",
            "keep one of them"
        )
    }

    /// A size; 0 means no limit.
    private func memory(_ field: Field) -> ByteCount? {
        field.bytes().flatMap { $0.bytes == 0 ? nil : $0 }
    }

    /// An amount of processor time; 0 means no limit.
    private func cpus(_ field: Field) -> CPUCount? {
        field.parsed("a number of processors", "write for example 1.5") { CPUCount($0) }.flatMap {
            $0.nanos == 0 ? nil : $0
        }
    }
}
