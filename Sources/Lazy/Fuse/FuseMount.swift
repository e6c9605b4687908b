// SPDX-License-Identifier: Apache-2.0
internal import CLinux
internal import Glibc
package import Linux

/// Mounts by fuse(4).
package enum FuseMount {
    /// Whether this node knows fuse(4): the module is there, and the device may be opened.
    package static var isKnown: Bool {
        (try? Descriptor.open("/dev/fuse", O_RDWR)) != nil
    }

    /// Mounts a file system on a directory, for everybody; whoever serves the device answers for it.
    ///
    /// - Parameters:
    ///   - path: The directory.
    ///   - source: What mount tables call it.
    /// - Returns: The device. The mount fails for good once nobody has it open.
    /// - Throws: Why there is no device, or no mount.
    package static func make(on path: String, source: String) throws(LinuxError) -> FuseDevice {
        let device = try Descriptor.open("/dev/fuse", O_RDWR)
        let options = [
            ("source", source), ("subtype", "martlet"), ("fd", "\(device.number)"), ("rootmode", "40000"),
            ("user_id", "0"), ("group_id", "0"), ("max_read", "1048576"), ("ro", ""), ("allow_other", ""),
            ("default_permissions", ""),
        ]
        let attributes = MOUNT_ATTR_RDONLY | MOUNT_ATTR_NOSUID | MOUNT_ATTR_NODEV
        try NewMount.make("fuse", options, attributes: UInt32(attributes), on: path)
        return FuseDevice(device)
    }

    /// Takes a mount away; who still uses it keeps it until they are done, and then nobody has it.
    package static func take(from path: String) throws(LinuxError) {
        try check("umount2", path, umount2(path, Int32(MNT_DETACH)))
    }
}
