// SPDX-License-Identifier: Apache-2.0
internal import CLinux
internal import Glibc
internal import Linux

/// A device of the host that a container may use.
public struct DeviceNode: Sendable, Equatable {
    /// Its path in the container, below `/dev`.
    public let path: String
    /// What a node may be, mknod(2).
    public enum Kind: UInt32, Sendable {
        case character = 0o020000
        case block = 0o060000
        case fifo = 0o010000
    }
    /// What it is.
    public let kind: Kind
    /// Whether it is a block device.
    public var isBlock: Bool { kind == .block }
    /// Its major and minor number.
    public let number: (major: UInt32, minor: UInt32)
    /// `r`, `w` and `m`.
    public let permissions: String
    /// Permission bits.
    public var mode: UInt32 = 0o660
    /// The owner inside.
    public var uid: UInt32 = 0
    /// The group inside.
    public var gid: UInt32 = 0

    /// A node at `path`, which must lie below `/dev`.
    public init(_ kind: Kind, _ path: String, major: UInt32, minor: UInt32) throws(ContainerError) {
        let parts = path.split(separator: "/", omittingEmptySubsequences: false)
        guard path.hasPrefix("/dev/"),
            !parts.dropFirst().contains(where: { $0.isEmpty || $0 == "." || $0 == ".." })
        else {
            throw ContainerError(step: "device", path, cause: .unsupported("it must lie below /dev"))
        }
        self.kind = kind
        self.path = path
        number = (major, minor)
        permissions = "rwm"
    }

    /// The device at a host path.
    ///
    /// Throws if it is none, or if `path` does not lie below `/dev`.
    public init(host: String, path: String, permissions: String) throws {
        let device = try Descriptor.open(host, MARTLET_O_PATH | O_NOFOLLOW)
        var status = stat()
        try check("fstat", host, fstat(device.number, &status))
        let kind = status.st_mode & S_IFMT
        guard kind == S_IFCHR || kind == S_IFBLK else {
            throw ContainerError(step: "device", host, cause: .unsupported("it is not a device"))
        }
        let parts = path.split(separator: "/", omittingEmptySubsequences: false)
        guard path.hasPrefix("/dev/"), parts.count <= 4,
            !parts.dropFirst().contains(where: { $0.isEmpty || $0 == "." || $0 == ".." })
        else {
            throw ContainerError(
                step: "device",
                path,
                cause: .unsupported("it must lie below /dev, in at most one folder there")
            )
        }
        self.path = path
        self.permissions = permissions
        self.kind = kind == S_IFBLK ? .block : .character
        // The kernel's own encoding, as makedev(3) unpacks it.
        let raw = UInt64(status.st_rdev)
        number = (
            UInt32(truncatingIfNeeded: (raw >> 8) & 0xfff | (raw >> 32) & 0xffff_f000),
            UInt32(truncatingIfNeeded: raw & 0xff | (raw >> 12) & 0xffff_ff00)
        )
    }

    var raw: UInt64 {
        let (major, minor) = (UInt64(number.major), UInt64(number.minor))
        return (major & 0xfff) << 8 | (major & 0xffff_f000) << 32 | (minor & 0xff) | (minor & 0xffff_ff00)
            << 12
    }

    /// Compares what the kernel sees.
    public static func == (one: DeviceNode, other: DeviceNode) -> Bool {
        one.path == other.path && one.kind == other.kind && one.number == other.number
            && one.permissions == other.permissions
    }
}
