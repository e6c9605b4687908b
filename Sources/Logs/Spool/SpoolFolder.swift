// SPDX-License-Identifier: Apache-2.0
internal import CLinux
internal import Glibc
internal import Linux

/// The folder of one instance's segments; never follows a symbolic link.
struct SpoolFolder: Sendable {
    let path: String
    let directory: Descriptor

    static let segmentFlags = O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC

    /// Opens the folder, which must exist.
    init(opening path: String) throws(LinuxError) {
        self.path = path
        directory = try Descriptor.open(path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW)
    }

    /// Opens the folder and makes it, for its owner alone, where it does not exist.
    init(making path: String) throws(LinuxError) {
        if mkdir(path, 0o700) != 0, errno != EEXIST { throw LinuxError("mkdir", path, errno: errno) }
        try self.init(opening: path)
        try check("fchmod", path, fchmod(directory.number, 0o700))
    }

    /// Makes the caller the one writer, until the descriptor is closed or the process dies.
    func lock() throws(LinuxError) {
        // A process that is being spawned shares our locks until it executes its program: that is over in a moment.
        for _ in 0..<40 {
            if martlet_lock_exclusive(directory.number) == 0 { return }
            guard errno == EWOULDBLOCK else { break }
            usleep(5_000)
        }
        try check("flock", path, martlet_lock_exclusive(directory.number))
    }

    /// `0000000000000001.mlog` for a segment that begins with record 1.
    static func name(of firstSequence: UInt64) -> String {
        let digits = String(firstSequence, radix: 16)
        return String(repeating: "0", count: 16 - digits.count) + digits + ".mlog"
    }

    /// The first sequence number in a segment's name, or nil when it is not one.
    static func firstSequence(in name: String) -> UInt64? {
        guard name.utf8.count == 21, name.hasSuffix(".mlog") else { return nil }
        let digits = name.prefix(16)
        guard digits.utf8.allSatisfy({ (48...57).contains($0) || (97...102).contains($0) }) else {
            return nil
        }
        return UInt64(digits, radix: 16)
    }

    /// The first sequence numbers of all segments, in order.
    func segments() throws(LinuxError) -> [UInt64] {
        // A fresh descriptor: the position in a directory belongs to the open file.
        let number = try check(
            "openat",
            path,
            openat(directory.number, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        )
        guard let listing = fdopendir(number) else {
            let cause = errno
            close(number)
            throw LinuxError("fdopendir", path, errno: cause)
        }
        defer { closedir(listing) }
        var found: [UInt64] = []
        while let entry = readdir(listing) {
            let name = withUnsafePointer(to: &entry.pointee.d_name) { pointer in
                pointer.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
            }
            if let first = Self.firstSequence(in: name) { found.append(first) }
        }
        return found.sorted()
    }

    func open(_ segment: UInt64, writing: Bool = false) throws(LinuxError) -> Descriptor {
        try Descriptor.open(
            Self.name(of: segment),
            (writing ? O_RDWR : O_RDONLY) | Self.segmentFlags,
            at: directory.number
        )
    }

    func create(_ segment: UInt64) throws(LinuxError) -> Descriptor {
        try Descriptor.open(
            Self.name(of: segment),
            O_RDWR | O_CREAT | O_EXCL | Self.segmentFlags,
            mode: 0o600,
            at: directory.number
        )
    }

    func remove(_ segment: UInt64) throws(LinuxError) {
        let name = Self.name(of: segment)
        if unlinkat(directory.number, name, 0) != 0, errno != ENOENT {
            throw LinuxError("unlinkat", "\(path)/\(name)", errno: errno)
        }
    }
}
