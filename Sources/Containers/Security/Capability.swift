// SPDX-License-Identifier: Apache-2.0

/// A Linux capability, capabilities(7).
public struct Capability: Hashable, Sendable {
    /// Its bit number.
    public let number: UInt8

    private static let names = [
        "CHOWN", "DAC_OVERRIDE", "DAC_READ_SEARCH", "FOWNER", "FSETID", "KILL", "SETGID", "SETUID", "SETPCAP",
        "LINUX_IMMUTABLE", "NET_BIND_SERVICE", "NET_BROADCAST", "NET_ADMIN", "NET_RAW", "IPC_LOCK",
        "IPC_OWNER",
        "SYS_MODULE", "SYS_RAWIO", "SYS_CHROOT", "SYS_PTRACE", "SYS_PACCT", "SYS_ADMIN", "SYS_BOOT",
        "SYS_NICE",
        "SYS_RESOURCE", "SYS_TIME", "SYS_TTY_CONFIG", "MKNOD", "LEASE", "AUDIT_WRITE", "AUDIT_CONTROL",
        "SETFCAP",
        "MAC_OVERRIDE", "MAC_ADMIN", "SYSLOG", "WAKE_ALARM", "BLOCK_SUSPEND", "AUDIT_READ", "PERFMON", "BPF",
        "CHECKPOINT_RESTORE",
    ]

    /// The capability called `name`, with or without `CAP_`, in any case; nil if there is none.
    public init?(_ name: String) {
        var bare = name.uppercased()
        if bare.hasPrefix("CAP_") { bare.removeFirst(4) }
        guard let index = Self.names.firstIndex(of: bare) else { return nil }
        number = UInt8(index)
    }

    /// For example `CAP_KILL`.
    public var name: String { "CAP_" + Self.names[Int(number)] }

    private init(number: Int) { self.number = UInt8(number) }

    /// Every known capability.
    public static let all = Set(names.indices.map { Capability(number: $0) })

    /// What a container has unless its file says otherwise: the field's usual set without `NET_RAW`,
    /// `MKNOD` and `AUDIT_WRITE`.
    public static let standard = Set(
        [
            "CHOWN", "DAC_OVERRIDE", "FOWNER", "FSETID", "KILL", "SETGID", "SETUID", "SETPCAP",
            "NET_BIND_SERVICE",
            "SYS_CHROOT", "SETFCAP",
        ].compactMap { Capability($0) }
    )
}

extension Set<Capability> {
    /// The set as the kernel's bit mask.
    var mask: UInt64 { reduce(0) { $0 | 1 << UInt64($1.number) } }
}
