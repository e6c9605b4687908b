// SPDX-License-Identifier: Apache-2.0
internal import CLinux
internal import Glibc

/// Copies of whole files.
extension Descriptor {
    /// Shares the content of another file, at no cost in time and space, ioctl_ficlone(2).
    ///
    /// False where the file system cannot.
    public func share(_ source: Descriptor) throws(LinuxError) -> Bool {
        if martlet_share_content(number, source.number) == 0 { return true }
        guard [EOPNOTSUPP, ENOTTY, EXDEV, EINVAL, ENOSYS].contains(errno) else {
            throw LinuxError("ioctl FICLONE", "descriptor \(source.number)", errno: errno)
        }
        return false
    }

    /// A file below no name on the file system of this directory, gone with its last reference: `O_TMPFILE` of open(2).
    public func makeUnnamed() throws(LinuxError) -> Descriptor {
        try Descriptor.open(".", Int32(MARTLET_O_TMPFILE) | O_RDWR, mode: 0o600, at: number)
    }

    /// Copies the content of another file of the same file system within the kernel, copy_file_range(2).
    ///
    /// Holes stay holes. `allow` is asked before each part of at most 16 MiB.
    public func copy<Failure: Error>(
        _ source: Descriptor,
        size: Int64,
        allow: (Int64) throws(Failure) -> Void
    ) throws {
        try resize(size)
        var offset: Int64 = 0
        while offset < size {
            let begin = Int64(lseek(source.number, off_t(offset), Int32(martlet_SEEK_DATA)))
            if begin < 0, errno == ENXIO { return }  // nothing but a hole follows
            try check("lseek", "descriptor \(source.number)", begin < 0 ? -1 : 0)
            let end = Int64(lseek(source.number, off_t(begin), Int32(martlet_SEEK_HOLE)))
            try check("lseek", "descriptor \(source.number)", end < 0 ? -1 : 0)
            offset = begin
            while offset < end {
                let part = min(end - offset, 16 << 20)
                try allow(part)
                let at = offset
                let count = try retrying("copy_file_range", "descriptor \(source.number)") {
                    martlet_copy_range(source.number, number, at, Int(part))
                }
                guard count > 0 else {
                    throw LinuxError("copy_file_range", "descriptor \(number)", errno: EIO)
                }
                offset += Int64(count)
            }
        }
    }

    /// The names of the extended attributes; none where there are no such things.
    public func attributeNames() throws(LinuxError) -> [String] {
        var list = [UInt8](repeating: 0, count: 65_536)
        let count = list.withUnsafeMutableBytes { martlet_flistxattr(number, $0.baseAddress, $0.count) }
        if count < 0, errno == ENOTSUP { return [] }
        try check("flistxattr", "descriptor \(number)", count < 0 ? -1 : 0)
        return list.prefix(count).split(separator: 0).map { String(decoding: $0, as: UTF8.self) }
    }

    /// Makes a device node, fifo or socket; `mode` holds its kind.
    public func makeNode(_ name: RawPath, mode: UInt32, node: (major: UInt32, minor: UInt32))
        throws(LinuxError)
    {
        try check(
            "mknodat",
            name.description,
            name.withCString { martlet_mknodat(number, $0, mode, node.major, node.minor) }
        )
    }
}
