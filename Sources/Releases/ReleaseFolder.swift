// SPDX-License-Identifier: Apache-2.0
internal import FoundationEssentials
internal import Glibc
public import Linux

/// `releases` in the state folder: the record, and a folder of programs for each release by its digest.
///
/// Blocks on disk.
public struct ReleaseFolder: Sendable {
    private static let recordLimit = 4 << 20
    private static let programLimit: Int64 = 512 << 20

    /// The state folder.
    public let state: String
    /// Where releases are.
    public var path: String { "\(state)/releases" }

    /// The releases of a state folder, which need not be there.
    public init(state: String) { self.state = state }

    /// Where the programs of a release are; nil for one whose digest is none.
    public func folder(of release: Release) -> String? { release.folder.map { "\(path)/\($0)" } }

    // MARK: The record

    /// What is on record; nil if nothing is, or nothing that we understand, or that somebody else may have written.
    public func read() -> ReleaseRecord? {
        guard let file = try? Descriptor.open("\(path)/record", O_RDONLY | O_NOFOLLOW | O_NONBLOCK),
            Self.isOurs(file), let bytes = try? file.readAll(limit: Self.recordLimit),
            let record = try? JSONDecoder().decode(ReleaseRecord.self, from: Data(bytes)),
            record.format == ReleaseRecord.format
        else { return nil }
        return record
    }

    /// Puts it on record, on the disk: a crash leaves the old record or the new one.
    public func write(_ record: ReleaseRecord) throws(LinuxError) {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        guard let bytes = try? encoder.encode(record) else {
            throw LinuxError("encode", "\(path)/record", errno: EINVAL)
        }
        try make()
        let new = "\(path)/.record.new"
        unlink(new)
        do throws(LinuxError) {
            let file = try Descriptor.open(new, O_CREAT | O_EXCL | O_WRONLY | O_NOFOLLOW, mode: 0o600)
            try file.write(bytes)
            try file.synchronize()
            try check("rename", "\(path)/record", rename(new, "\(path)/record"))
        } catch {
            unlink(new)  // on a full disk it would be in the way
            throw error
        }
        try synchronize(path)
    }

    /// Keeps other agents of this state folder out until it is closed; nil while there is one.
    public func claim() -> Descriptor? {
        guard let folder = try? Descriptor.open(state, O_DIRECTORY | O_RDONLY),
            flock(folder.number, LOCK_EX | LOCK_NB) == 0
        else { return nil }
        return folder
    }

    // MARK: The programs

    /// Makes the folder of a release of what `open` gives for each of its programs, unless it is there.
    ///
    /// It has its name once all of it is on the disk. Throws what `open` throws, and `EFBIG` for a program of more than
    /// 512 MiB.
    public func place(_ digest: String, _ open: (_ program: String) throws -> Descriptor) throws {
        guard let digits = Release.digits(of: digest) else {
            throw LinuxError("make release", digest, errno: EINVAL)
        }
        try make()
        let folder = "\(path)/\(digits)"
        guard access(folder, F_OK) < 0 else { return }
        let new = "\(path)/.\(digits).new"
        Self.remove(new)
        do {
            try check("mkdir", new, mkdir(new, 0o700))
            for name in InstalledPrograms.names {
                let source = try open(name)
                let target = try Descriptor.open(
                    "\(new)/\(name)",
                    O_CREAT | O_EXCL | O_WRONLY | O_NOFOLLOW,
                    mode: 0o700
                )
                try Self.copy(source, to: target, name)
                try target.changeMode(0o755)
                try target.synchronize()
            }
            try synchronize(new)
            try check("rename", folder, rename(new, folder))
            try synchronize(path)
        } catch {
            Self.remove(new)
            throw error
        }
    }

    /// Whether the programs of a release are there, and nobody else can have changed them.
    public func holds(_ release: Release) -> Bool {
        guard let folder = folder(of: release),
            let opened = try? Descriptor.open(folder, O_DIRECTORY | O_RDONLY | O_NOFOLLOW),
            Self.isOurs(opened)
        else { return false }
        return InstalledPrograms.names.allSatisfy {
            guard
                let file = try? opened.open(
                    RawPath($0) ?? "",
                    O_RDONLY | O_NOFOLLOW | O_NONBLOCK,
                    resolve: .beneath
                )
            else { return false }
            return Self.isOurs(file)
        }
    }

    /// Removes what is not needed any more.
    public func sweep(keeping needed: Set<String>) {
        guard let folder = try? Descriptor.open(path, O_DIRECTORY | O_RDONLY),
            let names = try? folder.entries()
        else { return }
        for name in names.map(\.description) where name != "record" && !needed.contains(name) {
            Self.remove("\(path)/\(name)")
        }
    }

    /// Root's, or that of whoever we are, and for nobody else to write.
    private static func isOurs(_ file: Descriptor) -> Bool {
        var status = stat()
        return fstat(file.number, &status) == 0 && status.st_uid == geteuid() && status.st_mode & 0o022 == 0
    }

    private static func copy(_ source: Descriptor, to target: Descriptor, _ name: String) throws(LinuxError) {
        let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: 1 << 20, alignment: 16)
        defer { buffer.deallocate() }
        var size: Int64 = 0
        while true {
            let count = try source.read(into: buffer)
            if count == 0 { break }
            size += Int64(count)
            guard size <= programLimit else { throw LinuxError("copy", name, errno: EFBIG) }
            try target.write(all: UnsafeRawBufferPointer(rebasing: buffer[..<count]))
        }
        guard size > 0 else { throw LinuxError("copy", name, errno: ENODATA) }
    }

    /// A folder of files alone; one that is gone is as good.
    private static func remove(_ folder: String) {
        if unlink(folder) == 0 { return }
        if let opened = try? Descriptor.open(folder, O_DIRECTORY | O_RDONLY | O_NOFOLLOW) {
            for name in (try? opened.entries()) ?? [] { try? opened.unlink(name) }
        }
        rmdir(folder)
    }

    private func make() throws(LinuxError) {
        guard mkdir(path, 0o700) < 0 else { return try synchronize(state) }
        let cause = errno
        guard cause == EEXIST else { throw LinuxError("mkdir", path, errno: cause) }
    }

    private func synchronize(_ folder: String) throws(LinuxError) {
        try Descriptor.open(folder, O_DIRECTORY | O_RDONLY).synchronize()
    }
}
