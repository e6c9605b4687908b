// SPDX-License-Identifier: Apache-2.0
internal import CLinux
internal import Glibc
internal import Linux

/// A device of the host that a container may use.
public struct DeviceNode: Sendable, Equatable {
    /// Its path in the container, below `/dev`.
    public let path: String
    /// Whether it is a block device.
    public let isBlock: Bool
    /// Its major and minor number.
    public let number: (major: UInt32, minor: UInt32)
    /// `r`, `w` and `m`.
    public let permissions: String

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
        isBlock = kind == S_IFBLK
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
        one.path == other.path && one.isBlock == other.isBlock && one.number == other.number
            && one.permissions == other.permissions
    }
}
