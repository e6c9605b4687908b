// SPDX-License-Identifier: Apache-2.0
internal import CLinux
internal import Glibc
internal import Linux

/// The folder of one container below a runtime's root, locked while a verb is at work.
final class ContainerFolder {
    let id: String
    private let root: Descriptor
    private let directory: Descriptor
    private var parsedConfig: RuntimeConfig?

    private static let configName = "config.json"
    private static let startName = "exec.fifo"
    private static let failureName = "failure.fifo"
    private static let progressName = "progress"
    private static let claimName = "creating.json"

    private init(id: String, root: Descriptor, directory: Descriptor) {
        self.id = id
        self.root = root
        self.directory = directory
    }

    /// Makes a folder that is not there yet.
    static func make(_ id: String, in root: String) throws -> ContainerFolder {
        try ContainerSpec.check(id: id)
        try makeFolders(root)
        let parent = try Descriptor.open(root, O_DIRECTORY)
        guard mkdirat(parent.number, id, 0o700) == 0 else {
            let cause = errno
            guard cause != EEXIST else {
                throw RuntimeError.refused(
                    "create",
                    id,
                    "container with given ID already exists: choose another"
                )
            }
            throw ContainerError(step: "create", id, cause: .errno(cause))
        }
        let folder = ContainerFolder(id: id, root: parent, directory: try open(id, parent))
        try folder.directory.lock(wait: true)
        return folder
    }

    /// The folder of a container that exists; nil if none does.
    static func find(_ id: String, in root: String, locked: Bool = true) throws -> ContainerFolder? {
        try ContainerSpec.check(id: id)
        let folder: ContainerFolder
        do throws(LinuxError) {
            let parent = try Descriptor.open(root, O_DIRECTORY)
            folder = ContainerFolder(id: id, root: parent, directory: try open(id, parent))
        } catch {
            guard error.errno == ENOENT else { throw error }
            return nil
        }
        guard locked else { return folder }
        try folder.directory.lock(wait: true)
        // Who held the lock may have taken the container away.
        return try folder.directory.status().links > 0 ? folder : nil
    }

    /// Lets other verbs look at the container and change it before this one has ended.
    func unlock() throws(LinuxError) { try directory.unlock() }

    private static func open(_ id: String, _ parent: Descriptor) throws(LinuxError) -> Descriptor {
        try Descriptor.open(id, O_DIRECTORY | O_NOFOLLOW, at: parent.number)
    }

    /// The ids of all containers below a root.
    static func ids(in root: String) throws -> [String] {
        guard access(root, F_OK) == 0 else { return [] }
        let names = try Descriptor.open(root, O_DIRECTORY).entries()
        return names.map(\.description).filter { (try? ContainerSpec.check(id: $0)) != nil }.sorted()
    }

    private static func makeFolders(_ path: String) throws {
        if mkdir(path, 0o700) == 0 || errno == EEXIST { return }
        let cause = errno
        guard cause == ENOENT, let slash = path.lastIndex(of: "/"), slash != path.startIndex else {
            throw LinuxError("mkdir", path, errno: cause)
        }
        try makeFolders(String(path[..<slash]))
        guard mkdir(path, 0o700) == 0 || errno == EEXIST else {
            throw LinuxError("mkdir", path, errno: errno)
        }
    }

    // MARK: Documents

    /// nil while the container is being made.
    func record() throws -> ContainerRecord? {
        guard let bytes = try read(ContainerRecord.fileName) else { return nil }
        return try ContainerRecord(parsing: bytes)
    }

    func keep(_ record: ContainerRecord) throws {
        try write(record.json.bytes(), to: ContainerRecord.fileName)
    }

    /// What a creation is about to make, whose end may come at any moment; nil if it has not come so far.
    func claim() throws -> ContainerRecord? {
        guard let bytes = try read(Self.claimName) else { return nil }
        return try ContainerRecord(parsing: bytes)
    }

    func keepClaim(_ record: ContainerRecord) throws { try write(record.json.bytes(), to: Self.claimName) }

    /// The configuration that the container was made from, whatever its bundle holds now.
    func config() throws -> RuntimeConfig {
        if let parsedConfig { return parsedConfig }
        guard let bytes = try read(Self.configName) else { throw RuntimeError.unknown("read", id) }
        let config = try RuntimeConfig(parsing: bytes)
        parsedConfig = config
        return config
    }

    func keepConfig(_ bytes: [UInt8]) throws { try write(bytes, to: Self.configName) }

    private func read(_ name: String) throws -> [UInt8]? {
        let file: Descriptor
        do throws(LinuxError) {
            file = try Descriptor.open(name, O_RDONLY | O_NOFOLLOW, at: directory.number)
        } catch {
            guard error.errno == ENOENT else { throw error }
            return nil
        }
        return try file.readAll(limit: 16 << 20)
    }

    /// Whole or not at all.
    private func write(_ bytes: [UInt8], to name: String) throws {
        let fresh = name + ".new"
        let flags = O_CREAT | O_TRUNC | O_WRONLY | O_NOFOLLOW
        try Descriptor.open(fresh, flags, mode: 0o600, at: directory.number).write(bytes)
        try check("renameat", name, renameat(directory.number, fresh, directory.number, name))
    }

    // MARK: The start gate

    /// Makes both fifos, held open for reading and writing.
    func makeGate() throws -> StartGate {
        let ends = try [Self.startName, Self.failureName].map { name in
            try check("mkfifoat", name, mkfifoat(directory.number, name, 0o600))
            return try Descriptor.open(name, O_RDWR | O_NOFOLLOW, at: directory.number)
        }
        return StartGate(start: ends[0], failure: ends[1])
    }

    /// Makes the file that tells how far the launch has come.
    func makeProgress() throws -> LaunchProgress {
        let flags = O_CREAT | O_EXCL | O_RDWR | O_NOFOLLOW
        return try LaunchProgress(
            in: try Descriptor.open(Self.progressName, flags, mode: 0o600, at: directory.number)
        )
    }

    /// Whether the container was made and not started.
    var isHeld: Bool { faccessat(directory.number, Self.startName, F_OK, 0) == 0 }

    /// Opens the gate and waits until the program runs; what failed before that: operation and errno.
    ///
    /// Throws `ENXIO` when nobody waits any more.
    func openGate() throws -> (operation: Int32, errno: Int32)? {
        let start = try Descriptor.open(Self.startName, O_WRONLY | O_NONBLOCK, at: directory.number)
        let failure = try Descriptor.open(Self.failureName, O_RDONLY | O_NONBLOCK, at: directory.number)
        try check("fcntl", Self.failureName, martlet_set_nonblocking(failure.number, 0))
        for name in [Self.startName, Self.failureName] { unlinkat(directory.number, name, 0) }
        try start.write([UInt8(ascii: "S")])
        let bytes = try failure.readAll(limit: 64)
        guard bytes.count >= 8 else {
            // Silence is the start of the program, or the end of the process before it.
            let file = try Descriptor.open(Self.progressName, O_RDONLY | O_NOFOLLOW, at: directory.number)
            let progress = LaunchProgress(of: file)
            return progress.hasStarted ? nil : (progress.operation, ECHILD)
        }
        return bytes.withUnsafeBytes {
            ($0.loadUnaligned(as: Int32.self), $0.loadUnaligned(fromByteOffset: 4, as: Int32.self))
        }
    }

    // MARK: The end

    /// Removes the folder with all that is in it.
    ///
    /// The record goes first: where this is cut short, what is left is a creation that was.
    func remove() throws {
        if unlinkat(directory.number, ContainerRecord.fileName, 0) < 0, errno != ENOENT {
            throw LinuxError("unlinkat", "\(id)/\(ContainerRecord.fileName)", errno: errno)
        }
        for name in try directory.entries() { try directory.unlink(name) }
        let result = unlinkat(root.number, id, AT_REMOVEDIR)
        try check("unlinkat", id, result)
    }
}
