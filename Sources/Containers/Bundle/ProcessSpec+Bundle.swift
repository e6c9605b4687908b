// SPDX-License-Identifier: Apache-2.0
internal import CLinux
internal import Glibc
internal import Linux

/// What this process may do, and so what it can give to a container.
public struct OwnRights: Sendable {
    /// Its bounding set.
    let bounding: UInt64
    /// Its effective set.
    let effective: UInt64
    /// Its OOM score adjustment.
    let oomScore: Int

    /// Reads them from `/proc/self`.
    public init() throws {
        let bytes = try Descriptor.open("/proc/self/status", O_RDONLY).readAll(limit: 65_536)
        var sets: [Substring: UInt64] = [:]
        let text = String(decoding: bytes, as: UTF8.self)
        for line in text.utf8.split(separator: UInt8(ascii: "\n")) where line.starts(with: "Cap".utf8) {
            let words = Substring(line).split(whereSeparator: { $0 == ":" || $0 == "\t" })
            if words.count == 2 { sets[words[0]] = UInt64(words[1], radix: 16) }
        }
        bounding = sets["CapBnd"] ?? 0
        effective = sets["CapEff"] ?? 0
        let score = try Descriptor.open("/proc/self/oom_score_adj", O_RDONLY).readAll(limit: 64)
        oomScore = Int(String(decoding: score.prefix { $0 != UInt8(ascii: "\n") }, as: UTF8.self)) ?? 0
    }

    /// Limits and scores can be raised, capabilities(7).
    var raisesLimits: Bool { effective >> 24 & 1 == 1 }
}

extension ProcessSpec {
    /// The process that a configuration describes.
    ///
    /// What this host cannot give in full and may be weaker (capabilities beyond our own, a limit above our hard
    /// one) is told to `degraded`; the rest is an error.
    public init(
        _ process: RuntimeConfig.Process,
        _ linux: RuntimeConfig.Linux,
        rights: OwnRights,
        degraded: (String) -> Void
    ) throws {
        let filter = try linux.seccomp.map { try SeccompFilter($0) }
        self.init(process.args, seccomp: filter)
        environment = process.env
        directory = process.cwd
        uid = process.user.uid
        gid = process.user.gid
        groups = process.user.additionalGids
        umask = UInt64(process.user.umask ?? 0o022)
        noNewPrivileges = process.noNewPrivileges
        capabilitySets = Self.sets(process.capabilities, rights, degraded)
        limits = try process.rlimits.compactMap { try Self.limit($0, rights, degraded) }
        oomScore = process.oomScoreAdj
        if let score = oomScore, score < rights.oomScore, !rights.raisesLimits {
            degraded("process.oomScoreAdj: \(score) needs CAP_SYS_RESOURCE: it stays \(rights.oomScore)")
            oomScore = nil
        }
        scheduling = process.scheduler.map(Scheduling.init)
        ioPriority = process.ioPriority.map(Self.value)
        if let final = process.execCPUAffinity?.final { processors = try Self.processors(final) }
        personality = linux.personality.map { $0.domain == .linux32 ? 0x8 : 0x0 }
        try takeLabels(process)
    }

    private mutating func takeLabels(_ process: RuntimeConfig.Process) throws(ContainerError) {
        if process.selinuxLabel != nil {
            throw ContainerError(
                step: "create",
                "process.selinuxLabel",
                cause: .unsupported("SELinux labels are not supported: remove it")
            )
        }
        guard let profile = process.apparmorProfile else { return }
        guard access("/sys/module/apparmor/parameters/enabled", F_OK) == 0 else {
            throw ContainerError(
                step: "create",
                "process.apparmorProfile",
                cause: .unsupported("this host has no AppArmor: remove it")
            )
        }
        apparmorProfile = profile
    }

    private static func sets(
        _ capabilities: RuntimeConfig.Capabilities?,
        _ rights: OwnRights,
        _ degraded: (String) -> Void
    ) -> CapabilitySets {
        guard let capabilities else { return CapabilitySets() }
        for name in capabilities.unknownCapabilities {
            degraded("process.capabilities: \(name) is not known: it is left out")
        }
        var missing: UInt64 = 0
        func mask(_ names: [String]) -> UInt64 {
            let wanted = Set(names.compactMap { Capability($0) }).mask
            missing |= wanted & ~rights.bounding
            return wanted & rights.bounding
        }
        var sets = CapabilitySets()
        sets.bounding = mask(capabilities.bounding)
        sets.effective = mask(capabilities.effective)
        sets.permitted = mask(capabilities.permitted)
        sets.inheritable = mask(capabilities.inheritable)
        // capabilities(7): an ambient one is permitted and inheritable, or it is none.
        sets.ambient = mask(capabilities.ambient) & sets.permitted & sets.inheritable
        if missing != 0 {
            let names = Capability.all.filter { missing >> UInt64($0.number) & 1 == 1 }.map(\.name).sorted()
            degraded("process.capabilities: \(names.joined(separator: ", ")): we have them not ourselves")
        }
        return sets
    }

    private static func limit(
        _ rlimit: RuntimeConfig.Rlimit,
        _ rights: OwnRights,
        _ degraded: (String) -> Void
    ) throws -> ResourceLimit? {
        guard var limit = rlimit.resourceLimit else { return nil }
        guard !rights.raisesLimits else { return limit }
        var own: UInt64 = 0
        try check("prlimit", rlimit.type, martlet_hard_limit(Int32(limit.resource), &own))
        if limit.hard > own {
            degraded("process.rlimits: \(rlimit.type) \(limit.hard) needs CAP_SYS_RESOURCE: it is \(own)")
            limit.hard = own
            limit.soft = min(limit.soft, limit.hard)
        }
        return limit
    }

    private static func value(_ priority: RuntimeConfig.IOPriority) -> UInt16 {
        let number: UInt16 =
            switch priority.class {
            case .realTime: 1
            case .bestEffort: 2
            case .idle: 3
            }
        return number << 13 | UInt16(priority.priority)
    }

    /// A list of processors as cpuset(7) writes it: `0-3,7`.
    static func processors(_ list: String) throws(ContainerError) -> Set<Int> {
        var found: Set<Int> = []
        for part in list.split(separator: ",") {
            let ends = part.split(separator: "-", omittingEmptySubsequences: false).map { Int($0) }
            guard ends.count <= 2, let first = ends.first ?? nil, let last = ends.last ?? nil, first >= 0,
                first <= last, last < 8192
            else {
                throw ContainerError(
                    step: "processors",
                    list,
                    cause: .unsupported("not a list: write one like 0-3,7")
                )
            }
            found.formUnion(first...last)
        }
        return found
    }
}

extension ProcessSpec.Scheduling {
    init(_ scheduler: RuntimeConfig.Scheduler) {
        let policy: UInt32 =
            switch scheduler.policy {
            case .other: 0
            case .fifo: 1
            case .roundRobin: 2
            case .batch: 3
            case .iso: 4
            case .idle: 5
            case .deadline: 6
            }
        self.init(policy: policy)
        nice = scheduler.nice
        priority = UInt32(clamping: scheduler.priority)
        runtime = scheduler.runtime
        deadline = scheduler.deadline
        period = scheduler.period
        flags = scheduler.flags.reduce(0) { $0 | Self.bit($1) }
    }

    private static func bit(_ flag: RuntimeConfig.Scheduler.Flag) -> UInt64 {
        switch flag {
        case .resetOnFork: 0x01
        case .reclaim: 0x02
        case .deadlineOverrun: 0x04
        case .keepPolicy: 0x08
        case .keepParams: 0x10
        case .utilClampMin: 0x20
        case .utilClampMax: 0x40
        }
    }
}
