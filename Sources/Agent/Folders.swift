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
        for folder in [images, instances, snapshots, volumes, logs, records] { _ = try Self.make(folder) }
    }

    /// Leaves in the runtime folder where the state is: who knows the one finds the other.
    private func nameState() throws {
        let link = "\(runtime)/state"
        if unlink(link) < 0 {
            let cause = errno
            guard cause == ENOENT else { throw LinuxError("unlink", link, errno: cause) }
        }
        Failpoint.stateUnnamed.reach()
        try check("symlink", link, symlink(state, link))
        Failpoint.stateNamed.reach()
    }

    /// The image store.
    public var images: String { "\(state)/images" }
    /// Image archives and layouts that the agent takes in when it starts.
    public var preload: String { "\(state)/preload" }
    /// One writable layer an instance.
    public var instances: String { "\(state)/instances" }
    /// What instances had written, by the names of snapshots.
    public var snapshots: String { "\(state)/snapshots" }
    /// Named volumes, by app.
    public var volumes: String { "\(state)/volumes" }
    /// One log spool an instance, by app and service.
    public var logs: String { "\(state)/logs" }
    /// One record a live instance.
    public var records: String { "\(runtime)/instances" }

    /// Whether the records have an app, or may have: they are damaged.
    public func knowApps() -> Bool {
        var database = RecordDatabase(state: state, kept: 1)
        return switch database.load() {
        case .absent: false
        case .damaged: true
        case .intact(let ledger, let damagedRows): damagedRows > 0 || !ledger.entries.isEmpty
        }
    }

    /// Claims both folders for one agent until the descriptors are closed, at the latest by its process's end.
    ///
    /// Throws when another agent has one of them still after `patience`: one that was told to end may be at it.
    public func claim(within patience: Duration) async throws -> [Descriptor] {
        let deadline = ContinuousClock.now + patience
        let claims = [try await claim(runtime, until: deadline), try await claim(state, until: deadline)]
        try nameState()
        return claims
    }

    private func claim(_ path: String, until deadline: ContinuousClock.Instant) async throws -> Descriptor {
        let folder = try Descriptor.open(path, O_DIRECTORY | O_RDONLY)
        while flock(folder.number, LOCK_EX | LOCK_NB) < 0 {
            let cause = errno
            guard cause == EWOULDBLOCK else { throw LinuxError("flock", path, errno: cause) }
            guard ContinuousClock.now < deadline else {
                throw AgentError(
                    "run",
                    path,
                    "another agent works here: end it or give another --runtime-dir and --state-dir"
                )
            }
            try await Task.sleep(for: .milliseconds(10))
        }
        return folder
    }

    /// Removes the records and sockets of a node that has ended.
    public func clearRuntime() throws {
        for folder in ["apps", "instances", "networks", NotifyPlace.folderName]
        where access("\(runtime)/\(folder)", F_OK) == 0 {
            try Self.removeTree("\(runtime)/\(folder)")
        }
        for file in ["keeper.sock", "keeper.lock", "notify.sock", "martlet.sock", "state", "secret.key"]
        where unlink("\(runtime)/\(file)") < 0 {
            let cause = errno
            guard cause == ENOENT else { throw LinuxError("unlink", "\(runtime)/\(file)", errno: cause) }
        }
    }

    /// What a network was made from, so that a change of it is seen; empty if that is not known.
    func definition(of network: String, app: String) throws -> String {
        do throws(LinuxError) {
            let bytes = try Descriptor.open("\(runtime)/networks/\(app)/\(network)", O_RDONLY).readAll(
                limit: 65_536
            )
            return String(decoding: bytes, as: UTF8.self)
        } catch {
            guard error.errno == ENOENT else { throw error }
            return ""
        }
    }

    func setDefinition(_ definition: String?, of network: String, app: String) throws {
        let folder = "\(runtime)/networks/\(app)"
        guard let definition else {
            try Self.discard("\(folder)/\(network)")
            _ = rmdir(folder)  // others may be in it
            return
        }
        _ = try Self.make(folder)
        try Self.replace(network, in: folder, with: Array(definition.utf8))
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
    ///
    /// One that is gone already is as good.
    static func removeTree(_ path: String) throws {
        let folder: Descriptor
        do throws(LinuxError) {
            folder = try Descriptor.open(path, O_DIRECTORY | O_NOFOLLOW | O_RDONLY)
        } catch {
            guard error.errno == ENOENT else { throw error }
            return
        }
        try empty(folder, path)
        try check("rmdir", path, rmdir(path))
    }

    /// Containers made what is below: names are bytes of any kind, and trees of any depth are taken apart level
    /// by level, at the cost of neither stack nor descriptors.
    private static func empty(_ folder: Descriptor, _ path: String) throws {
        var status = stat()
        try check("fstat", path, fstat(folder.number, &status))
        let device = status.st_dev
        var names = try folder.entries()
        while let name = names.popLast() {
            if name.withCString({ unlinkat(folder.number, $0, 0) }) == 0 { continue }
            let inner = try folder.open(
                name,
                O_DIRECTORY | O_NOFOLLOW | O_RDONLY,
                resolve: [.beneath, .noSymlinks]
            )
            try check("fstat", "\(path)/\(name)", fstat(inner.number, &status))
            guard status.st_dev == device else { throw LinuxError("remove", "\(path)/\(name)", errno: EXDEV) }
            for child in try inner.entries() {
                if child.withCString({ unlinkat(inner.number, $0, 0) }) == 0 { continue }
                if child.withCString({ unlinkat(inner.number, $0, AT_REMOVEDIR) }) == 0 { continue }
                guard let place = RawPath(".removed-\(UInt64.random(in: 0 ... .max))") else { continue }
                try inner.rename(child, to: place, in: folder)
                names.append(place)
            }
            try folder.removeDirectory(name)
        }
    }
}
