// SPDX-License-Identifier: Apache-2.0
internal import Glibc
internal import Linux

/// Small files that are replaced as a whole.
extension Folders {
    /// Writes a file so that a crash leaves the old one or the new one; owner only.
    ///
    /// One that is `durable` is on the disk afterwards.
    static func replace(
        _ name: String,
        in folder: String,
        with bytes: [UInt8],
        durable: Bool = false
    ) throws {
        let temporary = "\(folder)/.\(name).new"
        try discard(temporary)
        do {
            Failpoint.fileDue.reach()
            let file = try Descriptor.open(temporary, O_CREAT | O_EXCL | O_WRONLY | O_NOFOLLOW, mode: 0o600)
            try file.write(bytes)
            if durable { try check("fsync", temporary, fsync(file.number)) }
            Failpoint.fileWritten.reach()
            try check("rename", "\(folder)/\(name)", rename(temporary, "\(folder)/\(name)"))
            if durable { try sync(folder) }
            Failpoint.fileRenamed.reach()
        } catch {
            try? discard(temporary)  // on a full disk it would be in the way
            throw error
        }
    }

    /// Whether something has this name; a link counts if what it leads to is there.
    static func exists(_ path: String) throws(LinuxError) -> Bool {
        guard access(path, F_OK) < 0 else { return true }
        let cause = errno
        guard cause == ENOENT || cause == ENOTDIR else { throw LinuxError("access", path, errno: cause) }
        return false
    }

    /// Brings the names in a folder to the disk.
    static func sync(_ folder: String) throws {
        let names = try Descriptor.open(folder, O_DIRECTORY | O_RDONLY)
        try check("fsync", folder, fsync(names.number))
    }

    /// Removes files that were to replace others when whoever wrote them was killed.
    static func discardReplacements(in folder: String) throws {
        for name in try Descriptor.open(folder, O_DIRECTORY | O_RDONLY).entries().map(\.description)
        where name.hasPrefix(".") && name.hasSuffix(".new") {
            try discard("\(folder)/\(name)")
        }
    }

    /// The same for what is wiped from memory afterwards.
    static func replace(_ name: String, in folder: String, with content: SecretContent) throws {
        let temporary = "\(folder)/.\(name).new"
        try discard(temporary)
        let file = try Descriptor.open(temporary, O_CREAT | O_EXCL | O_WRONLY | O_NOFOLLOW, mode: 0o600)
        let count = try content.withBytes { bytes in
            try check("write", temporary, Int32(clamping: write(file.number, bytes.baseAddress, bytes.count)))
        }
        guard Int(count) == content.count else { throw LinuxError("write", temporary, errno: EIO) }
        try check("rename", "\(folder)/\(name)", rename(temporary, "\(folder)/\(name)"))
    }

    /// The content of a small regular file; a link or a fifo is not followed.
    static func read(_ path: String, limit: Int) throws(LinuxError) -> [UInt8] {
        try Descriptor.open(path, O_RDONLY | O_NOFOLLOW | O_NONBLOCK).readAll(limit: limit)
    }

    /// Removes whatever has this name; one that is gone already is as good.
    static func discard(_ path: String) throws {
        guard unlink(path) < 0 else { return }
        let cause = errno
        switch cause {
        case ENOENT, ENOTDIR: return
        case EISDIR: try removeTree(path)
        default: throw LinuxError("unlink", path, errno: cause)
        }
    }
}
