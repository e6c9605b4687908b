// SPDX-License-Identifier: Apache-2.0
internal import CSeccomp
internal import Glibc

extension SeccompFilter {
    /// The filter that a configuration describes.
    ///
    /// Calls that this libseccomp does not know are left out: they lead to what any other call leads to.
    public init(_ seccomp: RuntimeConfig.Seccomp) throws(ContainerError) {
        self.init(program: FilterCompaction.compacted(try Self.compile(seccomp)))
        let asks = ([seccomp.defaultAction] + seccomp.syscalls.map(\.action)).contains(.notify)
        flags = seccomp.flags.reduce(0) { $0 | Self.bit($1) } | (asks ? 8 : 0)
    }

    /// The same as libseccomp has it.
    static func compile(_ seccomp: RuntimeConfig.Seccomp) throws(ContainerError) -> [UInt8] {
        let usual = try Self.action(seccomp.defaultAction, seccomp.defaultErrnoRet)
        guard let context = seccomp_init(usual) else {
            throw ContainerError(step: "seccomp", "linux.seccomp", cause: .errno(ENOMEM))
        }
        defer { seccomp_release(context) }
        for name in seccomp.architectures {
            let token = seccomp_arch_resolve_name(name.dropFirst("SCMP_ARCH_".count).lowercased())
            guard token != 0 else {
                throw ContainerError(
                    step: "seccomp",
                    name,
                    cause: .unsupported("this libseccomp does not know the architecture: remove it")
                )
            }
            let result = seccomp_arch_add(context, token)
            if result != -EEXIST { try Self.require(result, name) }
        }
        try Self.require(seccomp_attr_set(context, SCMP_FLTATR_CTL_OPTIMIZE, 2), "optimise")
        var newest: UInt32 = 0
        for rule in seccomp.syscalls {
            let action = try Self.action(rule.action, rule.errnoRet)
            for name in rule.names {
                let number = seccomp_syscall_resolve_name(name)
                guard number != -1 else { continue }  // __NR_SCMP_ERROR
                newest = max(newest, UInt32(clamping: number))
                guard action != usual else { continue }
                if rule.action == .notify, Self.needed.contains(name) {
                    throw ContainerError(
                        step: "seccomp",
                        name,
                        cause: .unsupported("the runtime needs it to start the program: do not notify of it")
                    )
                }
                for conditions in Self.alternatives(rule.args) {
                    let result = seccomp_rule_add_array(
                        context,
                        action,
                        number,
                        UInt32(conditions.count),
                        conditions
                    )
                    // -EACCES: the same as the default; -EOPNOTSUPP, -EDOM: not of these architectures.
                    if ![-EACCES, -EOPNOTSUPP, -EDOM].contains(result) { try Self.require(result, name) }
                }
            }
        }
        var program = try Self.exported(context)
        if seccomp.defaultAction == .errno, (seccomp.defaultErrnoRet ?? 1) == UInt32(EPERM), newest > 0 {
            program = Self.unknown(beyond: newest) + program
        }
        return program
    }

    /// The architectures that this libseccomp knows.
    public static var architectures: [String] {
        RuntimeConfig.Seccomp.knownArchitectures.filter {
            seccomp_arch_resolve_name($0.dropFirst("SCMP_ARCH_".count).lowercased()) != 0
        }
    }

    /// The runtime's own calls after a filter with a listener is in force.
    private static let needed: Set = ["sendmsg", "recvmsg", "read", "close"]

    private static func bit(_ flag: RuntimeConfig.Seccomp.Flag) -> UInt64 {
        switch flag {
        case .synchronize: 0  // there is one thread
        case .log: 2
        case .specAllow: 4
        case .waitKillable: 32
        }
    }

    /// libseccomp's word for an action, seccomp(2) `SECCOMP_RET_*` with the number in the low half.
    private static func action(_ action: RuntimeConfig.Seccomp.Action, _ number: UInt32?)
        throws(ContainerError) -> UInt32
    {
        switch action {
        case .kill, .killThread: 0x0000_0000
        case .killProcess: 0x8000_0000
        case .trap: 0x0003_0000
        case .errno: 0x0005_0000 | (number ?? UInt32(EPERM))
        case .notify: 0x7fc0_0000
        case .trace: 0x7ff0_0000 | (number ?? UInt32(EPERM))
        case .log: 0x7ffc_0000
        case .allow: 0x7fff_0000
        }
    }

    /// libseccomp takes one condition an argument; several of one argument are alternatives, as runc has it.
    private static func alternatives(_ arguments: [RuntimeConfig.Seccomp.Argument]) -> [[scmp_arg_cmp]] {
        let conditions = arguments.map { argument in
            scmp_arg_cmp(
                arg: argument.index,
                op: comparison(argument.op),
                datum_a: argument.value,
                datum_b: argument.valueTwo
            )
        }
        return Set(arguments.map(\.index)).count == arguments.count ? [conditions] : conditions.map { [$0] }
    }

    private static func comparison(_ op: RuntimeConfig.Seccomp.Operator) -> scmp_compare {
        switch op {
        case .notEqual: SCMP_CMP_NE
        case .less: SCMP_CMP_LT
        case .lessOrEqual: SCMP_CMP_LE
        case .equal: SCMP_CMP_EQ
        case .greaterOrEqual: SCMP_CMP_GE
        case .greater: SCMP_CMP_GT
        case .maskedEqual: SCMP_CMP_MASKED_EQ
        }
    }
}
