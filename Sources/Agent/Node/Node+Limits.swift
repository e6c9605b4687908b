// SPDX-License-Identifier: Apache-2.0
internal import Containers
public import Control
internal import Desired
internal import Linux
internal import Plan

// Limits of what runs are changed as it runs: by the file, or by hand until the file is applied again.

extension Node {
    /// Changes limits of instances, all or none, live where they run.
    ///
    /// They hold until an apply of the app, also of the same file, puts the file's in force, or the container is
    /// made anew; a restart of the container or of the agent keeps them.
    /// - Throws: `ControlError` if there is no such instance, a limit is not one, or the kernel refuses it.
    public func update(_ selection: Selection, _ change: LimitsChange) async throws -> [InstanceStatus] {
        guard !change.isEmpty else {
            throw ControlError(.invalid, "update", "no limit is given", "give one, such as --memory 256M")
        }
        await takeTurn(selection.app)
        defer { endTurn(selection.app) }
        let chosen = try selected(selection)
        let wanted = try chosen.map { instance in
            try (instance.record.limits ?? Resources()).changed(by: change, of: "\(instance.record.name)")
        }
        var done: [Instance] = []
        for (instance, limits) in zip(chosen, wanted) {
            do {
                try await limit(instance.record.id, to: limits, byHand: true)
                done.append(instance)
            } catch {
                for other in done {
                    try? await limit(
                        other.record.id,
                        to: other.record.limits ?? Resources(),
                        byHand: other.record.areLimitsByHand == true
                    )
                }
                throw ControlError(.conflict, "\(instance.record.name)", "\(error)")
            }
        }
        for instance in done { tell(.limited, instance.record.id, "limits were changed by hand") }
        return status(of: chosen)
    }

    /// Puts limits in force, live if the instance runs, and writes them down; all or none.
    func limit(_ id: String, to limits: Desired.Resources, byHand: Bool = false) async throws {
        guard await until(.now + .seconds(60), { instances[id]?.isStarting != true }) else {
            throw AgentError("update", id, "its start does not end: it hangs in the kernel")
        }
        try await correct(id)
        guard let instance = instances[id] else { throw AgentError("update", id, "it is gone") }
        let before = instance.record.limits ?? Resources()
        if instance.phase == .running {
            let tree = tree
            var change = held(Containers.Resources(limits, replacing: before))
            var undo = held(Containers.Resources(before, replacing: limits))
            // What is left of the processors is another question.
            (change.processorSet, undo.processorSet) = (nil, nil)
            if limits.processors != before.processors {
                change.processorSet = (processors(of: instance.record, limits) ?? .online).map { "\($0)" }
                undo.processorSet = (instance.processors ?? .online).map { "\($0)" }
            }
            let high = limits.memoryHigh.map { UInt64(clamping: $0.bytes) }
            instances[id]?.touches += 1
            defer { instances[id]?.touches += 1 }
            let inForce = try await watched(id, memoryHigh: high) { [change, undo] in
                let group = try Cgroup(existing: id, in: tree)
                do {
                    Failpoint.limitDue.reach()
                    try group.apply(change)
                    try tree.update(id, change)
                } catch {
                    try? group.apply(undo)
                    throw error
                }
                return group.limitsInForce()
            }
            instances[id]?.record.inForce = inForce
        }
        Failpoint.limitApplied.reach()
        guard instances[id] != nil else { throw AgentError("update", id, "it is gone") }
        instances[id]?.record.limits = limits
        instances[id]?.holdsProcessors = limits.isExclusive && instance.phase == .running
        if limits.processors != before.processors || limits.isExclusive != before.isExclusive {
            let given = processors(of: instance.record, limits)
            if instance.phase == .running { instances[id]?.processors = given }
            await spreadProcessors()
        }
        instances[id]?.record.areLimitsByHand = byHand ? true : nil
        try instances[id]?.record.save(in: folders.records)
        Failpoint.limitSaved.reach()
    }

    /// The limits with which an instance starts.
    func startLimits(_ record: InstanceRecord, _ service: Service) throws -> Desired.Resources {
        let limits = record.areLimitsByHand == true ? record.limits ?? service.resources : service.resources
        if record.limits != limits {
            instances[record.id]?.record.limits = limits
            try instances[record.id]?.record.save(in: folders.records)
        }
        return limits
    }
}

extension Desired.Resources {
    /// These limits with some changed.
    ///
    /// Throws `ControlError` for what no file could say either.
    fileprivate func changed(by change: LimitsChange, of subject: String) throws(ControlError)
        -> Desired.Resources
    {
        func refuse(_ what: String) -> ControlError { ControlError(.invalid, subject, what) }
        var limits = self
        if let bytes = change.memory {
            guard bytes >= 0 else { throw refuse("memory \(bytes) is not a size") }
            limits.memoryLimit = bytes == 0 ? nil : ByteCount(bytes)
        }
        if let bytes = change.memoryReservation {
            guard bytes >= 0 else { throw refuse("memory_reservation \(bytes) is not a size") }
            limits.memoryReservation = bytes == 0 ? nil : ByteCount(bytes)
        }
        if let nanos = change.cpuNanos {
            // The kernel takes no less than a millisecond in each period of a hundred.
            guard nanos == 0 || (10_000_000...1_000_000_000_000_000).contains(nanos) else {
                throw refuse("cpu_nanos \(nanos) is not from 10000000 (0.01 processors) to 10^15")
            }
            limits.cpuLimit = nanos == 0 ? nil : CPUCount(nanos: nanos)
            (limits.cpuQuota, limits.cpuPeriod) = (nil, nil)
        }
        if let shares = change.cpuShares {
            guard shares == 0 || (2...262_144).contains(shares) else {
                throw refuse("cpu_shares \(shares) is not from 2 to 262144")
            }
            limits.cpuShares = shares == 0 ? nil : shares
            (limits.weight, limits.latency) = (nil, nil)
        }
        if let text = change.cpuset {
            guard !isExclusive else {
                throw refuse("its processors are kept for it alone: change 'cpuset' in the file")
            }
            guard text.isEmpty || ProcessorSet(text) != nil else {
                throw refuse("cpuset \(text.debugDescription) is not a set such as 0-3,6")
            }
            limits.processors = text.isEmpty ? nil : text
        }
        if let number = change.pids {
            guard (0...Int(Int32.max)).contains(number) else {
                throw refuse("pids \(number) is not a number")
            }
            limits.pidsLimit = number == 0 ? nil : number
        }
        if let kept = limits.memoryReservation, let limit = limits.memoryLimit, kept > limit {
            throw refuse("\(kept) bytes of memory are reserved, more than the limit of \(limit) allows")
        }
        return limits
    }
}

extension Containers.Resources {
    init(_ limits: Desired.Resources) {
        self.init(
            memory: limits.memoryLimit.map { UInt64(clamping: $0.bytes) },
            processors: limits.cpuLimit.map { Double($0.nanos) / 1e9 },
            processes: limits.pidsLimit.flatMap { $0 > 0 ? UInt64($0) : nil }
        )
        if let quota = limits.cpuQuota {
            period = UInt64((limits.cpuPeriod ?? .milliseconds(100)) / .microseconds(1))
            processors = (quota / .microseconds(1)) / Double(period)
        }
        processorSet = limits.processors
        memoryReservation = limits.memoryReservation.map { UInt64(clamping: $0.bytes) }
        if let swap = limits.swapLimit, let memory = limits.memoryLimit {
            let (both, isTooMuch) = memory.bytes.addingReportingOverflow(swap.bytes)
            memoryLimits.swap = isTooMuch ? .max : both
        }
        memoryHigh = limits.memoryHigh.map { UInt64(clamping: $0.bytes) }
        // A reservation of one processor weighs as much as the default share of 1024.
        let shares = limits.cpuShares ?? limits.cpuReservation.map { Int($0.nanos * 1024 / 1_000_000_000) }
        let weight = limits.weight ?? limits.latency?.weight ?? shares.map { $0 * 100 / 1024 }
        processorWeight = weight.map { UInt64(min(10_000, max(1, $0))) }
        blockWeight = limits.latency.map { UInt64($0.weight) }
    }

    /// What brings a group from the limits that it was given to others.
    init(_ limits: Desired.Resources, replacing old: Desired.Resources) {
        self.init(limits)
        let before = Containers.Resources(old)
        if memory == nil, before.memory != nil { memoryLimits.limit = -1 }
        if memoryReservation == nil, before.memoryReservation != nil { memoryLimits.dropsReservation = true }
        if memoryLimits.swap == nil, before.memoryLimits.swap != nil { memoryLimits.swap = -1 }
        if memoryHigh == nil, before.memoryHigh != nil { dropsMemoryHigh = true }
        if blockWeight == nil, before.blockWeight != nil { blockWeight = 100 }
        if processors == nil, before.processors != nil { cpu.quota = -1 }
        if processorWeight == nil, before.processorWeight != nil { processorWeight = 100 }
        if processes == nil, before.processes != nil { pids = -1 }
    }
}
