// SPDX-License-Identifier: Apache-2.0
internal import Glibc
internal import Linux
internal import Transfer

/// What a directory is asked, for the errors that come of it.
struct DirectoryCall {
    private let operation: String
    private let subject: String
    private let scope: TransferScope

    init(_ operation: String, _ subject: String, _ scope: TransferScope) {
        self.operation = operation
        self.subject = subject
        self.scope = scope
    }

    func error(_ cause: ObjectError.Cause) -> ObjectError { ObjectError(operation, subject, cause) }

    func error(_ error: LinuxError) -> ObjectError {
        // RESOLVE_NO_SYMLINKS of openat2(2).
        guard error.errno == ELOOP else { return self.error(.system(error)) }
        return self.error(.refused("a symbolic link is in its way, and none is followed: remove it"))
    }

    /// Runs system calls; their failure becomes that of the operation.
    func attempt<Result>(_ body: () throws(LinuxError) -> Result) throws(ObjectError) -> Result {
        do { return try body() } catch { throw self.error(error) }
    }

    /// Throws if it was called off.
    func check() throws(ObjectError) {
        if scope.isCancelled { throw error(.cancelled) }
    }
}

extension ObjectStatus {
    /// Of a file: no two versions have the same inode and time of change.
    ///
    /// But for a file that took another's inode within a tick of the kernel's clock, 10 ms at most.
    init(_ file: FileStatus) {
        let words = [Int64(bitPattern: file.inode), file.size, file.changed, Int64(file.changedNanoseconds)]
        self.init(
            size: file.size,
            modified: file.modified,
            tag: EntityTag(words.map { String($0, radix: 16) }.joined(separator: "-"))
        )
    }
}
