// SPDX-License-Identifier: Apache-2.0
internal import Glibc

extension Descriptor {
    /// Locks a range of the open file, "Open file description locks" in fcntl(2), until its last reference goes: against
    /// every other open file and, as POSIX locks are, every other process.
    ///
    /// - Parameters:
    ///   - range: The bytes, which need not be there.
    ///   - isExclusive: Whether nobody else may have any lock of it; the file must be open for writing then, else for reading.
    /// - Returns: False if somebody else has one that does not go with it.
    /// - Throws: Anything else that kept it from the lock.
    public func lock(_ range: Range<Int64>, isExclusive: Bool) throws(LinuxError) -> Bool {
        let setLock: Int32 = 37  // F_OFD_SETLK
        var lock = flock()
        lock.l_type = Int16(isExclusive ? F_WRLCK : F_RDLCK)
        lock.l_whence = Int16(SEEK_SET)
        (lock.l_start, lock.l_len) = (off_t(range.lowerBound), off_t(range.count))
        while fcntl(number, setLock, &lock) < 0 {
            switch errno {
            case EINTR: continue
            case EAGAIN, EACCES: return false
            default: throw LinuxError("fcntl", "descriptor \(number)", errno: errno)
            }
        }
        return true
    }
}
