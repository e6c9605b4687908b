// SPDX-License-Identifier: Apache-2.0
internal import Glibc
package import Linux

/// Mounts by fuse(4).
package enum FuseMount {
    /// Mounts a file system on a directory, for everybody; whoever serves the device answers for it.
    ///
    /// - Parameters:
    ///   - path: The directory.
    ///   - source: What mount tables call it.
    /// - Returns: The device. The mount fails for good once nobody has it open.
    /// - Throws: Why there is no device, or no mount.
    package static func make(on path: String, source: String) throws(LinuxError) -> FuseDevice {
        let device = try Descriptor.open("/dev/fuse", O_RDWR)
        let options =
            "fd=\(device.number),rootmode=40000,user_id=0,group_id=0,allow_other,default_permissions,max_read=1048576"
        let flags = UInt(MS_RDONLY | MS_NOSUID | MS_NODEV)
        try check("mount fuse on", path, mount(source, path, "fuse.martlet", flags, options))
        return FuseDevice(device)
    }

    /// Takes a mount away; who still uses it keeps it until they are done, and then nobody has it.
    package static func take(from path: String) throws(LinuxError) {
        try check("umount2", path, umount2(path, Int32(MNT_DETACH)))
    }
}
