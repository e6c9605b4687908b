// SPDX-License-Identifier: Apache-2.0
internal import CLinux
internal import CSeccomp
internal import Glibc
internal import Linux

/// A compiled system call filter: classic BPF, seccomp(2).
public struct SeccompFilter: Sendable {
    /// `struct sock_filter` records.
    let program: [UInt8]
    /// `SECCOMP_FILTER_FLAG_*` bits.
    var flags: UInt64 = 0
    /// Calls that it stops are told to a listener, seccomp_unotify(2).
    var hasListener: Bool { flags & 8 != 0 }

    /// The default profile, compiled once: known harmless calls are allowed, the rest answers `EPERM`, and
    /// calls that programs probe for answer `ENOSYS`.
    ///
    /// Only the native ABI passes.
    public static func standard() throws -> SeccompFilter {
        try compiled.get()
    }

    private static let compiled = Result {
        SeccompFilter(program: FilterCompaction.compacted(try compile()))
    }

    /// The default profile as libseccomp has it.
    static func compile() throws -> [UInt8] {
        guard let context = seccomp_init(action(errno: EPERM)) else {
            throw ContainerError(step: "seccomp", "default profile", cause: .errno(ENOMEM))
        }
        defer { seccomp_release(context) }
        try require(seccomp_attr_set(context, SCMP_FLTATR_ACT_BADARCH, action(errno: ENOSYS)), "architecture")
        try require(seccomp_attr_set(context, SCMP_FLTATR_CTL_OPTIMIZE, 2), "optimise")
        for name in SystemCalls.allowed {
            let number = seccomp_syscall_resolve_name(name)
            guard number >= 0 else { continue }  // not of this architecture
            try require(seccomp_rule_add_array(context, allow, number, 0, nil), name)
        }
        for (number, name) in SystemCalls.allowedByNumber {
            try require(seccomp_rule_add_array(context, allow, number, 0, nil), name)
        }
        for name in SystemCalls.absent {
            let number = seccomp_syscall_resolve_name(name)
            guard number >= 0 else { continue }
            try require(seccomp_rule_add_array(context, action(errno: ENOSYS), number, 0, nil), name)
        }
        // No new namespaces: clone(2) flags are its first argument; clone3(2) hides them, so it is absent.
        try allowIf(context, "clone", [compare(0, SCMP_CMP_MASKED_EQ, SystemCalls.namespaceFlags, 0)])
        // Every socket family but those with a history of crossing containers: AF_ALG 38, AF_VSOCK 40.
        for families in [UInt32(0)...37, 39...39, 41...45] { try allowRange(context, "socket", 0, families) }
        for persona in SystemCalls.personas {
            try allowIf(context, "personality", [compare(0, SCMP_CMP_EQ, persona, 0)])
        }
        // TIOCSTI 0x5412 and TIOCLINUX 0x541c type into a terminal.
        for requests in [0...0x5411, 0x5413...0x541b, 0x541d...UInt32.max] {
            try allowRange(context, "ioctl", 1, requests)
        }
        return unknownCalls + (try export(context))
    }

    /// Calls newer than this table answer `ENOSYS`, so that a newer libc falls back as on an older kernel.
    ///
    /// Three instructions before the filter, whose jumps are relative: load the number; at most the newest
    /// known, skip one; return.
    private static let unknownCalls: [UInt8] =
        instruction(FilterInstruction.load, k: 0)
        + instruction(FilterInstruction.Test.greater.rawValue, no: 1, k: SystemCalls.newest)
        + instruction(FilterInstruction.answer, k: action(errno: ENOSYS))

    /// The same for a profile whose newest call is `newest`, of the native ABI alone: x32 has bit 30 set.
    static func unknown(beyond newest: UInt32) -> [UInt8] {
        instruction(FilterInstruction.load, k: 0)
            + instruction(FilterInstruction.Test.greater.rawValue, no: 2, k: newest)
            + instruction(FilterInstruction.Test.atLeast.rawValue, yes: 1, k: 0x4000_0000)
            + instruction(FilterInstruction.answer, k: action(errno: ENOSYS))
    }

    private static func instruction(_ code: UInt16, yes: UInt8 = 0, no: UInt8 = 0, k: UInt32) -> [UInt8] {
        FilterInstruction(code: code, yes: yes, no: no, k: k).bytes
    }

    private static let allow: UInt32 = 0x7fff_0000
    private static func action(errno: Int32) -> UInt32 { 0x0005_0000 | UInt32(errno) }

    private static func compare(_ argument: UInt32, _ how: scmp_compare, _ a: UInt64, _ b: UInt64)
        -> scmp_arg_cmp
    {
        scmp_arg_cmp(arg: argument, op: how, datum_a: a, datum_b: b)
    }

    private static func allowIf(_ context: scmp_filter_ctx, _ name: String, _ conditions: [scmp_arg_cmp])
        throws
    {
        let number = seccomp_syscall_resolve_name(name)
        try require(
            seccomp_rule_add_array(context, allow, number, UInt32(conditions.count), conditions),
            name
        )
    }

    /// Allows a call whose argument's low half lies in `range`.
    ///
    /// The kernel takes these arguments as 32-bit numbers and ignores the high half, so a comparison of all
    /// 64 bits could be walked around; masked equality over the range's binary prefixes cannot.
    private static func allowRange(
        _ context: scmp_filter_ctx,
        _ name: String,
        _ argument: UInt32,
        _ range: ClosedRange<UInt32>
    ) throws {
        var low = UInt64(range.lowerBound)
        let end = UInt64(range.upperBound) + 1
        while low < end {
            var size: UInt64 = low == 0 ? 1 << 32 : low & (~low + 1)
            while low + size > end { size >>= 1 }
            let mask = UInt64(UInt32.max) & ~(size - 1)
            try allowIf(context, name, [compare(argument, SCMP_CMP_MASKED_EQ, mask, low)])
            low += size
        }
    }

    static func require(_ result: Int32, _ what: String) throws(ContainerError) {
        guard result == 0 else { throw ContainerError(step: "seccomp", what, cause: .errno(-result)) }
    }

    /// The finished program.
    static func exported(_ context: scmp_filter_ctx) throws(ContainerError) -> [UInt8] {
        do {
            return try export(context)
        } catch let error as LinuxError {
            throw ContainerError(step: "seccomp", error.call, cause: .errno(error.errno))
        } catch let error as ContainerError {
            throw error
        } catch {
            throw ContainerError(step: "seccomp", "export", cause: .errno(EIO))
        }
    }

    private static func export(_ context: scmp_filter_ctx) throws -> [UInt8] {
        let memory = Descriptor(
            owning: try check(
                "memfd_create",
                "seccomp",
                martlet_memfd_create("seccomp", UInt32(MARTLET_MFD_CLOEXEC))
            )
        )
        try require(seccomp_export_bpf(context, memory.number), "export")
        try check("lseek", "seccomp", lseek(memory.number, 0, SEEK_SET))
        return try memory.readAll(limit: 32_768)
    }
}
