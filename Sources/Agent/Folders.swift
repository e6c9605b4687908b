// SPDX-License-Identifier: Apache-2.0
internal import Glibc
public import Linux

/// Where an agent keeps things: a state folder, which is a cache, and a runtime folder for what lives.
public struct Folders: Sendable {
    /// Images, writable layers, volumes and log spools; on a file system that overlayfs can write to.
    public let state: String
    /// Sockets and the records of live containers; a tmpfs on a real node.
    public let runtime: String

    /// Makes both folders with mode 0700 if they are not there.
    public init(state: String, runtime: String) throws {
        self.state = try Self.make(state)
        self.runtime = try Self.make(runtime)
        for folder in [images, instances, volumes, logs, records] { _ = try Self.make(folder) }
    }

    /// The image store.
    public var images: String { "\(state)/images" }
    /// One writable layer an instance.
    public var instances: String { "\(state)/instances" }
    /// Named volumes, by app.
    public var volumes: String { "\(state)/volumes" }
    /// One log spool an instance, by app and service.
    public var logs: String { "\(state)/logs" }
    /// One record a live instance.
    public var records: String { "\(runtime)/instances" }

    /// Claims the runtime folder for one agent until the descriptor is closed, at the latest by its process's end.
    /// Throws while another agent has it.
    public func claim() throws -> Descriptor {
        let folder = try Descriptor.open(runtime, O_DIRECTORY | O_RDONLY)
        guard flock(folder.number, LOCK_EX | LOCK_NB) < 0 else { return folder }
        let cause = errno
        guard cause == EWOULDBLOCK else { throw LinuxError("flock", runtime, errno: cause) }
        throw AgentError("run", runtime, "another agent works here: end it or give another --runtime-dir and --state-dir")
    }

    /// Removes the records and sockets of a node that has ended.
    public func clearRuntime() throws {
        for folder in ["instances", "networks"] where access("\(runtime)/\(folder)", F_OK) == 0 {
            try Self.removeTree("\(runtime)/\(folder)")
        }
        for file in ["keeper.sock", "keeper.lock", "notify.sock"] where unlink("\(runtime)/\(file)") < 0 {
            let cause = errno
            guard cause == ENOENT else { throw LinuxError("unlink", "\(runtime)/\(file)", errno: cause) }
        }
    }

    /// What a network was made from, so that a change of it is seen; empty if that is not known.
    func definition(of network: String, app: String) throws -> String {
        do throws(LinuxError) {
            let bytes = try Descriptor.open("\(runtime)/networks/\(app)/\(network)", O_RDONLY).readAll(limit: 65_536)
            return String(decoding: bytes, as: UTF8.self)
        } catch {
            guard error.errno == ENOENT else { throw error }
            return ""
        }
    }

    func setDefinition(_ definition: String?, of network: String, app: String) throws {
        let folder = try Self.make("\(runtime)/networks/\(app)")
        guard let definition else {
            _ = unlink("\(folder)/\(network)")  // gone already is as good
            return
        }
        try Descriptor.open("\(folder)/\(network)", O_CREAT | O_TRUNC | O_WRONLY, mode: 0o600).write(Array(definition.utf8))
    }

    /// The label of everything that this agent makes in the kernel: eight hex digits of its runtime folder.
    public var owner: String {
        let hash = runtime.utf8.reduce(UInt64(0xcbf2_9ce4_8422_2325)) { ($0 ^ UInt64($1)) &* 0x100_0000_01b3 }
        let digits = String(UInt32(truncatingIfNeeded: hash ^ hash >> 32), radix: 16)
        return String(repeating: "0", count: 8 - digits.count) + digits
    }

    /// Makes one folder and those above it, owner only; its absolute path.
    static func make(_ path: String) throws -> String {
        var made = path.hasPrefix("/") ? "" : "."
        for part in path.split(separator: "/") {
            made += "/\(part)"
            guard mkdir(made, 0o700) < 0 else { continue }
            let cause = errno
            guard cause == EEXIST else { throw LinuxError("mkdir", made, errno: cause) }
        }
        guard let resolved = realpath(path, nil) else {
            let cause = errno
            throw LinuxError("realpath", path, errno: cause)
        }
        defer { free(resolved) }
        return String(cString: resolved)
    }

    /// Removes a folder with all that is below it, never following a link or leaving its file system.
    static func removeTree(_ path: String) throws {
        let parent = try Descriptor.open(path, O_DIRECTORY | O_NOFOLLOW | O_RDONLY)
        var status = stat()
        try check("fstat", path, fstat(parent.number, &status))
        try empty(parent, path, device: status.st_dev)
        try check("rmdir", path, rmdir(path))
    }

    private static func empty(_ folder: Descriptor, _ path: String, device: dev_t) throws {
        let copy = try Descriptor.open(".", O_DIRECTORY | O_RDONLY, at: folder.number)
        guard let stream = fdopendir(dup(copy.number)) else { throw LinuxError("opendir", path, errno: errno) }
        defer { closedir(stream) }
        while let entry = readdir(stream) {
            let name = withUnsafePointer(to: &entry.pointee.d_name) {
                $0.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
            }
            guard name != ".", name != ".." else { continue }
            if unlinkat(folder.number, name, 0) == 0 { continue }
            let child = try Descriptor.open(name, O_DIRECTORY | O_NOFOLLOW | O_RDONLY, at: folder.number)
            var status = stat()
            try check("fstat", "\(path)/\(name)", fstat(child.number, &status))
            guard status.st_dev == device else { throw LinuxError("remove", "\(path)/\(name)", errno: EXDEV) }
            try empty(child, "\(path)/\(name)", device: device)
            try check("unlinkat", "\(path)/\(name)", unlinkat(folder.number, name, AT_REMOVEDIR))
        }
    }
}
