// SPDX-License-Identifier: Apache-2.0

extension RuntimeConfig {
    /// A system call filter, in libseccomp's words.
    public struct Seccomp: Equatable, Sendable {
        /// What a call leads to.
        public enum Action: String, CaseIterable, Sendable {
            /// The thread is killed.
            case kill = "SCMP_ACT_KILL"
            /// The process is killed.
            case killProcess = "SCMP_ACT_KILL_PROCESS"
            /// The thread is killed.
            case killThread = "SCMP_ACT_KILL_THREAD"
            /// `SIGSYS`.
            case trap = "SCMP_ACT_TRAP"
            /// An error number.
            case errno = "SCMP_ACT_ERRNO"
            /// A tracer is told.
            case trace = "SCMP_ACT_TRACE"
            /// It is done.
            case allow = "SCMP_ACT_ALLOW"
            /// It is done and logged.
            case log = "SCMP_ACT_LOG"
            /// The listener decides.
            case notify = "SCMP_ACT_NOTIFY"
        }

        /// How an argument is compared.
        public enum Operator: String, CaseIterable, Sendable {
            /// It differs.
            case notEqual = "SCMP_CMP_NE"
            /// It is less.
            case less = "SCMP_CMP_LT"
            /// It is at most that.
            case lessOrEqual = "SCMP_CMP_LE"
            /// It is that.
            case equal = "SCMP_CMP_EQ"
            /// It is at least that.
            case greaterOrEqual = "SCMP_CMP_GE"
            /// It is more.
            case greater = "SCMP_CMP_GT"
            /// Under the mask `value` it is `valueTwo`.
            case maskedEqual = "SCMP_CMP_MASKED_EQ"
        }

        /// A flag of seccomp(2).
        public enum Flag: String, CaseIterable, Sendable {
            /// All threads get the filter.
            case synchronize = "SECCOMP_FILTER_FLAG_TSYNC"
            /// Every action but allowing is logged.
            case log = "SECCOMP_FILTER_FLAG_LOG"
            /// Leaves out the mitigation of speculative store bypass.
            case specAllow = "SECCOMP_FILTER_FLAG_SPEC_ALLOW"
            /// A call that waits for its listener can only be killed.
            case waitKillable = "SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV"
        }

        /// A condition on an argument.
        public struct Argument: Equatable, Sendable {
            /// Which argument, 0 to 5.
            public var index: UInt32
            /// What it is compared to, or the mask.
            public var value: UInt64
            /// What the masked argument is compared to.
            public var valueTwo: UInt64
            /// How it is compared.
            public var op: Operator

            init(_ at: JSONCursor) throws(ConfigError) {
                index = try at.required("index", "an argument's number").integer(in: 0...5)
                value = try at.required("value", "a number to compare to").integer()
                valueTwo = try at["valueTwo"]?.integer() ?? 0
                op = try at.required("op", "a comparison, such as SCMP_CMP_EQ").choice()
            }
        }

        /// What some calls lead to.
        public struct Rule: Equatable, Sendable {
            /// The calls' names; at least one.
            public var names: [String]
            /// What they lead to.
            public var action: Action
            /// The number that goes with the action; nil is `EPERM`.
            public var errnoRet: UInt32?
            /// Conditions that must all hold.
            public var args: [Argument]

            init(_ at: JSONCursor) throws(ConfigError) {
                let calls = try at.required("names", "a list of system calls")
                names = try calls.strings()
                guard !names.isEmpty else { throw calls.refused("it is empty: write a system call's name") }
                action = try at.required("action", "an action, such as SCMP_ACT_ALLOW").choice()
                errnoRet = try Seccomp.number(at["errnoRet"], of: action)
                args = try at["args"]?.list(Argument.init) ?? []
            }
        }

        static let knownArchitectures = [
            "AARCH64", "ARM", "LOONGARCH64", "M68K", "MIPS", "MIPS64", "MIPS64N32", "MIPSEL", "MIPSEL64",
            "MIPSEL64N32", "PARISC", "PARISC64", "PPC", "PPC64", "PPC64LE", "RISCV64", "S390", "S390X", "SH",
            "SHEB", "X32", "X86", "X86_64",
        ].map { "SCMP_ARCH_" + $0 }

        /// What any other call leads to.
        public var defaultAction: Action
        /// The number that goes with it; nil is `EPERM`.
        public var defaultErrnoRet: UInt32?
        /// Architectures beside the kernel's own: `SCMP_ARCH_X86`.
        public var architectures: [String]
        /// Flags.
        public var flags: [Flag]
        /// The socket to which the listener's descriptor is sent.
        public var listenerPath: String?
        /// What is sent with it, unread.
        public var listenerMetadata: String?
        /// What calls lead to.
        public var syscalls: [Rule]

        /// Decodes and checks a filter.
        public init(_ at: JSONCursor) throws(ConfigError) {
            defaultAction = try at.required("defaultAction", "an action, such as SCMP_ACT_ERRNO").choice()
            defaultErrnoRet = try Self.number(at["defaultErrnoRet"], of: defaultAction)
            architectures =
                try at["architectures"]?
                .list { (at) throws(ConfigError) in try at.choice(of: Self.knownArchitectures) } ?? []
            flags = try at["flags"]?.list { (at) throws(ConfigError) in try at.choice() } ?? []
            listenerPath = try at["listenerPath"]?.filled()
            if let at = try at["listenerMetadata"], case let metadata = try at.opaque(), !metadata.isEmpty {
                guard listenerPath != nil else {
                    throw at.refused("it needs a listener: write listenerPath too")
                }
                listenerMetadata = metadata
            }
            syscalls = try at["syscalls"]?.list(Rule.init) ?? []
        }

        /// An error number, or what a tracer is told: 16 bits that no other action has a use for.
        private static func number(_ at: JSONCursor?, of action: Action) throws(ConfigError) -> UInt32? {
            guard let at else { return nil }
            let number: UInt32 = try at.integer(in: 0...0xffff)
            guard action == .errno || action == .trace else {
                throw at.refused("\(action.rawValue) has no error number: remove it")
            }
            return number
        }
    }
}
