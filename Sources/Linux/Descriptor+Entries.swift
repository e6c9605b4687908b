// SPDX-License-Identifier: Apache-2.0
internal import CLinux
internal import Glibc

/// Calls on the entries of an open directory. None follows a link in the last component.
extension Descriptor {
    /// Opens a path from here, confined by `resolve`; asks again when a rename elsewhere disturbs the walk.
    public func open(
        _ path: RawPath,
        _ flags: Int32,
        mode: UInt32 = 0,
        resolve: Resolve
    ) throws(LinuxError) -> Descriptor {
        // EAGAIN: openat2(2) could not prove that ".." stayed inside; a few attempts, then it is an error.
        var attempts = 0
        while true {
            do throws(LinuxError) {
                return Descriptor(
                    owning: try retrying("openat2", path.description) {
                        path.withCString {
                            martlet_openat2(
                                number,
                                $0,
                                UInt64(UInt32(bitPattern: flags | O_CLOEXEC)),
                                UInt64(mode),
                                resolve.rawValue
                            )
                        }
                    }
                )
            } catch {
                attempts += 1
                guard error.errno == EAGAIN, attempts < 16 else { throw error }
            }
        }
    }

    /// The status of an entry, or nil if there is none.
    public func status(_ name: RawPath) throws(LinuxError) -> FileStatus? {
        var raw = stat()
        let result = name.withCString { fstatat(number, $0, &raw, AT_SYMLINK_NOFOLLOW) }
        if result < 0, errno == ENOENT { return nil }
        try check("fstatat", name.description, result)
        return FileStatus(raw)
    }

    /// The status of the open file itself.
    public func status() throws(LinuxError) -> FileStatus {
        var raw = stat()
        try check("fstat", "descriptor \(number)", fstat(number, &raw))
        return FileStatus(raw)
    }

    /// Makes a directory; `mode` is subject to the umask.
    public func makeDirectory(_ name: RawPath, mode: UInt32) throws(LinuxError) {
        try check("mkdirat", name.description, name.withCString { mkdirat(number, $0, mode_t(mode)) })
    }

    /// Makes a symbolic link.
    public func makeLink(_ name: RawPath, to target: RawPath) throws(LinuxError) {
        try check(
            "symlinkat",
            name.description,
            target.withCString { text in name.withCString { symlinkat(text, number, $0) } }
        )
    }

    /// Makes a second name for the entry `target` of `directory`, even if that is a symbolic link.
    public func makeHardLink(
        _ name: RawPath,
        to target: RawPath,
        in directory: Descriptor
    ) throws(LinuxError) {
        try check(
            "linkat",
            name.description,
            target.withCString { old in name.withCString { linkat(directory.number, old, number, $0, 0) } }
        )
    }

    /// Makes a fifo; `mode` is subject to the umask.
    public func makeFifo(_ name: RawPath, mode: UInt32) throws(LinuxError) {
        try check("mkfifoat", name.description, name.withCString { mkfifoat(number, $0, mode_t(mode)) })
    }

    /// Makes the character device 0:0, with which overlayfs hides a name of the layers below.
    public func makeWhiteout(_ name: RawPath) throws(LinuxError) {
        try check(
            "mknodat",
            name.description,
            name.withCString { martlet_mknodat(number, $0, UInt32(S_IFCHR), 0, 0) }
        )
    }

    /// The text of a symbolic link.
    public func linkTarget(_ name: RawPath) throws(LinuxError) -> RawPath {
        var buffer = [CChar](repeating: 0, count: 4097)
        let count = try check(
            "readlinkat",
            name.description,
            name.withCString { readlinkat(number, $0, &buffer, buffer.count) }
        )
        guard count < buffer.count,
            let target = RawPath(bytes: buffer.prefix(count).map(UInt8.init(bitPattern:)))
        else { throw LinuxError("readlinkat", name.description, errno: ENAMETOOLONG) }
        return target
    }

    /// Removes a name that is not a directory.
    public func unlink(_ name: RawPath) throws(LinuxError) {
        try check("unlinkat", name.description, name.withCString { unlinkat(number, $0, 0) })
    }

    /// Removes an empty directory.
    public func removeDirectory(_ name: RawPath) throws(LinuxError) {
        try check("unlinkat", name.description, name.withCString { unlinkat(number, $0, AT_REMOVEDIR) })
    }

    /// Moves an entry, replacing what has the new name unless that is not wanted: then it is `EEXIST`, renameat2(2).
    public func rename(
        _ name: RawPath,
        to other: RawPath,
        in directory: Descriptor,
        replacing: Bool = true
    ) throws(LinuxError) {
        let flags: UInt32 = replacing ? 0 : MARTLET_RENAME_NOREPLACE
        try check(
            "renameat2",
            name.description,
            name.withCString { old in
                other.withCString { martlet_renameat2(number, old, directory.number, $0, flags) }
            }
        )
    }

    /// Gives an entry an owner.
    public func changeOwner(_ name: RawPath, uid: UInt32, gid: UInt32) throws(LinuxError) {
        try check(
            "fchownat",
            name.description,
            name.withCString { fchownat(number, $0, uid, gid, AT_SYMLINK_NOFOLLOW) }
        )
    }

    /// Sets an entry's time of last change.
    public func changeTime(_ name: RawPath, seconds: Int64, nanoseconds: Int) throws(LinuxError) {
        let times = [
            timespec(tv_sec: Int(seconds), tv_nsec: nanoseconds),
            timespec(tv_sec: Int(seconds), tv_nsec: nanoseconds),
        ]
        try check(
            "utimensat",
            name.description,
            name.withCString { utimensat(number, $0, times, AT_SYMLINK_NOFOLLOW) }
        )
    }

    /// The names in this directory, without `.` and `..`, in no particular order.
    public func entries() throws(LinuxError) -> [RawPath] {
        var names: [RawPath] = []
        try eachEntry { names.append($0) }
        return names
    }

    /// Gives the names in this directory one by one, without `.` and `..`, in no particular order.
    ///
    /// Entries may be removed meanwhile; whether one that is added is given is not said, see readdir(3).
    public func eachEntry(_ body: (RawPath) throws(LinuxError) -> Void) throws(LinuxError) {
        // A description of its own: the reading position is shared among duplicates.
        let copy = try check("openat", ".", Glibc.openat(number, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC))
        guard let stream = fdopendir(copy) else {
            let cause = errno
            _ = Glibc.close(copy)
            throw LinuxError("fdopendir", "descriptor \(number)", errno: cause)
        }
        defer { closedir(stream) }
        while true {
            errno = 0
            guard let entry = readdir(stream) else {
                guard errno == 0 else { throw LinuxError("readdir", "descriptor \(number)", errno: errno) }
                return
            }
            let name = withUnsafeBytes(of: &entry.pointee.d_name) { $0.prefix { $0 != 0 }.map { $0 } }
            guard name != [0x2E], name != [0x2E, 0x2E], let path = RawPath(bytes: name) else { continue }
            try body(path)
        }
    }
}
