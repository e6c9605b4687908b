// SPDX-License-Identifier: Apache-2.0
internal import CLinux
internal import Glibc

/// Calls on the open file itself.
extension Descriptor {
    /// Reads into `buffer` and tells how many bytes came; 0 is end of file.
    public func read(into buffer: UnsafeMutableRawBufferPointer) throws(LinuxError) -> Int {
        try retrying("read", "descriptor \(number)") { Glibc.read(number, buffer.baseAddress, buffer.count) }
    }

    /// Reads into `buffer` from `offset` on and tells how many bytes came; 0 is behind the end.
    public func read(into buffer: UnsafeMutableRawBufferPointer, at offset: Int64) throws(LinuxError) -> Int {
        try retrying("pread", "descriptor \(number)") {
            pread(number, buffer.baseAddress, buffer.count, off_t(offset))
        }
    }

    /// Writes all of `buffer` at the reading and writing position.
    public func write(all buffer: UnsafeRawBufferPointer) throws(LinuxError) {
        var rest = buffer[...]
        while !rest.isEmpty {
            let part = UnsafeRawBufferPointer(rebasing: rest)
            let count = try retrying("write", "descriptor \(number)") {
                Glibc.write(number, part.baseAddress, part.count)
            }
            rest = rest.dropFirst(count)
        }
    }

    /// Writes all of `buffer` at `offset`.
    public func write(all buffer: UnsafeRawBufferPointer, at offset: Int64) throws(LinuxError) {
        var rest = buffer[...]
        while !rest.isEmpty {
            let part = UnsafeRawBufferPointer(rebasing: rest)
            let position = offset + Int64(buffer.count - rest.count)
            let count = try retrying("pwrite", "descriptor \(number)") {
                pwrite(number, part.baseAddress, part.count, off_t(position))
            }
            rest = rest.dropFirst(count)
        }
    }

    /// Sets the size; what is added reads as zeros and takes no space.
    public func resize(_ size: Int64) throws(LinuxError) {
        try retrying("ftruncate", "descriptor \(number)") { ftruncate(number, off_t(size)) }
    }

    /// Moves the reading and writing position to the start.
    public func rewind() throws(LinuxError) {
        try check("lseek", "descriptor \(number)", lseek(number, 0, SEEK_SET))
    }

    /// Gives the file an owner.
    public func changeOwner(uid: UInt32, gid: UInt32) throws(LinuxError) {
        try check("fchown", "descriptor \(number)", fchown(number, uid, gid))
    }

    /// Sets permission bits, with setuid, setgid and sticky.
    public func changeMode(_ mode: UInt32) throws(LinuxError) {
        try check("fchmod", "descriptor \(number)", fchmod(number, mode_t(mode)))
    }

    /// Sets the time of last change.
    public func changeTime(seconds: Int64, nanoseconds: Int) throws(LinuxError) {
        let times = [
            timespec(tv_sec: Int(seconds), tv_nsec: nanoseconds),
            timespec(tv_sec: Int(seconds), tv_nsec: nanoseconds),
        ]
        try check("futimens", "descriptor \(number)", futimens(number, times))
    }

    /// Sets an extended attribute.
    public func setAttribute(_ name: String, _ value: [UInt8]) throws(LinuxError) {
        try check(
            "fsetxattr",
            name,
            value.withUnsafeBytes { martlet_fsetxattr(number, name, $0.baseAddress, $0.count) }
        )
    }

    /// An extended attribute of at most 64 KiB, or nil if there is none.
    public func attribute(_ name: String) throws(LinuxError) -> [UInt8]? {
        var value = [UInt8](repeating: 0, count: 65_536)
        let count = value.withUnsafeMutableBytes { martlet_fgetxattr(number, name, $0.baseAddress, $0.count) }
        if count < 0, errno == ENODATA || errno == ENOTSUP { return nil }
        return Array(value.prefix(try check("fgetxattr", name, count)))
    }

    /// How many percent of the file system that holds this file are in use, for those who are not root, statvfs(3).
    public func fileSystemUse() throws(LinuxError) -> Int {
        var raw = statvfs()
        try check("fstatvfs", "descriptor \(number)", fstatvfs(number, &raw))
        let used = UInt64(raw.f_blocks) - UInt64(raw.f_bfree)
        let total = used + UInt64(raw.f_bavail)
        return total == 0 ? 100 : Int((used * 100 + total - 1) / total)
    }

    /// Waits until content and attributes are on the disk.
    public func synchronize() throws(LinuxError) {
        try retrying("fsync", "descriptor \(number)") { fsync(number) }
    }

    /// Has the disk begin to take a part of the content, so that less is waited for in the end; it promises nothing.
    public func beginSynchronizing(_ range: Range<Int64>) throws(LinuxError) {
        try retrying("sync_file_range", "descriptor \(number)") {
            martlet_begin_sync(number, range.lowerBound, Int64(range.count))
        }
    }

    /// Has every write from here on move the times of the file, also one through a shared mapping, mmap(2).
    ///
    /// The first write to a page of a mapping moves them, and no other one until the page was given to the disk: every
    /// dirty page is, now, without waiting for it. Holds for file systems that are on a disk themselves, and neither for
    /// overlayfs nor for tmpfs.
    public func beginWriteOut() throws(LinuxError) {
        try retrying("sync_file_range", "descriptor \(number)") { martlet_write_out(number) }
    }

    /// Waits until the whole file system that holds this file is on the disk.
    public func synchronizeFileSystem() throws(LinuxError) {
        try retrying("syncfs", "descriptor \(number)") { martlet_syncfs(number) }
    }

    /// Whether somebody has this file, which is open for reading, open for writing: then nobody can have a read lease
    /// on it, fcntl(2).
    ///
    /// False where the file system knows no leases.
    public func isOpenForWriting() -> Bool {
        _ = Self.outlivesLeases
        let setLease: Int32 = 1024  // F_SETLEASE
        if fcntl(number, setLease, Int32(F_RDLCK)) == 0 {
            _ = fcntl(number, setLease, Int32(F_UNLCK))
            return false
        }
        return errno == EAGAIN
    }

    /// Whoever opens a file that we just have a lease on is let in at once; the signal that asks for it, fcntl(2)
    /// "Leases", must not end us.
    private static let outlivesLeases: Void = { _ = signal(SIGIO, SIG_IGN) }()

    /// Waits for a shared flock(2) of the open file: others may have one too, but nobody the exclusive one.
    public func lockShared() throws(LinuxError) {
        try retrying("flock", "descriptor \(number)") { martlet_flock(number, 1) }  // LOCK_SH: sys/file.h
    }

    /// Takes the exclusive flock(2) of the open file; without `wait`, false if someone else holds it.
    @discardableResult
    public func lock(wait: Bool) throws(LinuxError) -> Bool {
        do throws(LinuxError) {
            try retrying("flock", "descriptor \(number)") {
                martlet_flock(number, wait ? 2 : 2 | 4)  // LOCK_EX, LOCK_NB: sys/file.h
            }
            return true
        } catch {
            guard !wait, error.errno == EWOULDBLOCK else { throw error }
            return false
        }
    }

    /// Lets go of that lock.
    public func unlock() throws(LinuxError) {
        try retrying("flock", "descriptor \(number)") { martlet_flock(number, 8) }  // LOCK_UN
    }
}
