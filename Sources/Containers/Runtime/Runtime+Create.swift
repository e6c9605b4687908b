// SPDX-License-Identifier: Apache-2.0
internal import CLinux
internal import Glibc
public import Linux

extension Runtime {
    /// How a container is made.
    public struct Creation {
        /// The bundle's folder.
        public var bundle: String
        /// Gets the first process's pid.
        public var pidFile: String?
        /// The socket that gets the other end of a terminal.
        public var consoleSocket: String?
        /// A connected socket instead of its path.
        public var console: Descriptor?
        /// How many descriptors from 3 on the process inherits.
        public var preservedDescriptors = 0
        /// chroot(2) instead of pivot_root(2).
        public var noPivot = false
        /// Joins no session keyring of its own.
        public var noNewKeyring = false

        /// A creation from a bundle.
        public init(bundle: String) { self.bundle = bundle }
    }

    /// Makes a container; its program waits for `start`.
    ///
    /// Returns the pid of the first process, a child of the caller. Throws what failed; nothing is left then.
    @discardableResult
    public func create(_ id: String, _ creation: Creation) throws -> Int32 {
        let bundle = try Self.absolute(creation.bundle)
        let bytes = try Descriptor.open("\(bundle)/config.json", O_RDONLY).readAll(limit: 16 << 20)
        let config = try RuntimeConfig(parsing: bytes)
        guard let process = config.process else {
            throw RuntimeError.refused("create", id, "config.json: process is missing: write one")
        }
        let folder = try ContainerFolder.make(id, in: root)
        let unit = usesSystemd ? config.linux.cgroupsPath ?? "system.slice:martlet:\(id)" : nil
        let path =
            try unit.map { try SystemdScope($0).path }
            ?? CgroupPath(config.linux.cgroupsPath ?? "/martlet-\(id)")
        var stage: Stage?
        var madeGroup = false
        do {
            try folder.keepConfig(bytes)
            let mounts = try mounts.find()
            guard try Cgroup.processes(at: path, in: mounts).isEmpty else {
                throw RuntimeError.refused(
                    "create",
                    id,
                    "control group \(path) is in use: choose another cgroupsPath"
                )
            }
            var record = ContainerRecord(
                id: id,
                pid: 0,
                startTime: 0,
                created: Self.now(),
                bundle: bundle,
                rootfs: ContainerSpec.absolute(config.root.path, in: bundle),
                owner: getuid(),
                cgroup: "\(path)",
                unit: unit
            )
            // From here on there may be something to remove, even if we are killed.
            try folder.keepClaim(record)
            madeGroup = true
            let resources = Resources(config.linux)
            // systemd makes no scope without a process: one holds it until the container is there.
            let holder = try unit.map { unit in
                let holder = try SystemdScope.Holder()
                let scope = try SystemdScope(unit)
                try scope.start(
                    [holder.pid],
                    description: "container \(id)",
                    resources: resources,
                    in: mounts
                )
                return holder
            }
            defer { withExtendedLifetime(holder) {} }
            let group = try Cgroup(path, in: mounts, resources: resources)
            let spec = try spec(id, config, process, bundle, creation, group)
            if config.ownsControlGroups, group.hierarchies.isEmpty {
                try delegate(group, to: spec, in: mounts)
            }
            let program = try LaunchProgram(
                spec,
                streams: try Self.standardStreams(),
                features: [],
                gate: try folder.makeGate()
            )
            let made = try Stage(program, id: id, keeper: keeper, progress: folder.makeProgress())
            stage = made
            let state = RuntimeState(
                id: id,
                status: .creating,
                pid: made.pid,
                bundle: bundle,
                annotations: config.annotations,
                ociVersion: config.ociVersion
            )
            try made.release { sent in
                if let sent { return try Self.tell(sent, config, state) }
                try HookRun.all(config.hooks.prestart, "prestart", state)
                try HookRun.all(config.hooks.createRuntime, "createRuntime", state)
                return [try HookRun.state(state)]
            }
            record.pid = made.pid
            record.startTime = try HostProcess(made.pid)?.startTime ?? 0
            record.operations = program.operationsOfStart
            try folder.keep(record)
            if let file = creation.pidFile { try Self.write(pid: made.pid, to: file) }
            return made.pid
        } catch {
            stage?.kill()
            if madeGroup { discard { try removeGroup(path, unit: unit) } }
            discard { try folder.remove() }
            throw error
        }
    }

    private func spec(
        _ id: String,
        _ config: RuntimeConfig,
        _ process: RuntimeConfig.Process,
        _ bundle: String,
        _ creation: Creation,
        _ group: Cgroup
    ) throws -> ContainerSpec {
        var made = try ProcessSpec(process, config.linux, rights: try OwnRights(), degraded: warn)
        made.keepsKeyring = creation.noNewKeyring
        made.terminal = try terminal(process, creation.consoleSocket, creation.console)
        made.descriptors = try Self.inherited(creation.preservedDescriptors)
        var spec = try ContainerSpec(config, id: id, bundle: bundle, process: made, cgroup: group)
        spec.noPivot = creation.noPivot
        if case .directory(let root) = spec.root.content { spec.process.addHome(below: root) }
        return spec
    }

    private func delegate(_ group: Cgroup, to spec: ContainerSpec, in mounts: CgroupMounts) throws {
        let process = spec.process
        guard let owner = spec.users.owner(uid: process.uid, gid: process.gid) else { return }
        try group.delegate(to: owner)
        if !mounts.guardsLimits(from: owner.uid) {
            warn("\(spec.id): its control groups are writable, and its limits with them: \(Self.guards)")
        }
    }

    private static let guards = "use a user namespace, or mount version 2 with nsdelegate"

    func terminal(
        _ process: RuntimeConfig.Process,
        _ socket: String?,
        _ connected: Descriptor?
    ) throws -> ProcessSpec.Terminal? {
        guard process.terminal else {
            guard socket == nil else {
                throw RuntimeError.refused(
                    "terminal",
                    socket ?? "",
                    "process.terminal is false: no terminal is sent"
                )
            }
            return nil
        }
        let size = process.consoleSize.map { (rows: $0.height, columns: $0.width) }
        if let connected { return ProcessSpec.Terminal(console: connected, size: size) }
        guard let socket else {
            throw RuntimeError.refused(
                "terminal",
                "--console-socket",
                "process.terminal needs it: name a socket"
            )
        }
        let console = try Descriptor.connect(socket, kind: Int32(SOCK_STREAM.rawValue))
        return ProcessSpec.Terminal(console: console, size: size)
    }

    // MARK: Parts

    /// Goes on with the clean-up, whatever fails; that is told.
    func discard(_ body: () throws -> Void) {
        do { try body() } catch { warn("\(error)") }
    }

    static func absolute(_ path: String) throws -> String {
        guard let resolved = realpath(path, nil) else { throw LinuxError("realpath", path, errno: errno) }
        defer { free(resolved) }
        return String(cString: resolved)
    }

    /// The caller's own, duplicated: they become the container's.
    static func standardStreams() throws -> StandardStreams {
        let own = try (Int32(0)...2).map { number in
            // One that is closed is nothing to read from or write to.
            let copy = martlet_dup_cloexec(number)
            return copy >= 0 ? Descriptor(owning: copy) : try Descriptor.open("/dev/null", O_RDWR)
        }
        return StandardStreams(input: own[0], output: own[1], error: own[2])
    }

    static func inherited(_ count: Int) throws -> [Descriptor] {
        try (0..<count).map { index in
            let number = Int32(3 + index)
            let copy = fcntl(number, F_DUPFD_CLOEXEC, 3 + Int32(count))
            return Descriptor(owning: try check("fcntl", "--preserve-fds: descriptor \(number)", copy))
        }
    }

    /// In place at once: who waits for the file reads a whole number.
    static func write(pid: Int32, to file: String) throws {
        let fresh = "\(file).new"  // one name: what a killed creation left is used again
        try Descriptor.open(fresh, O_CREAT | O_TRUNC | O_WRONLY, mode: 0o644).write(Array("\(pid)".utf8))
        try check("rename", file, rename(fresh, file))
    }

    /// The time, RFC 3339 in UTC with nanoseconds.
    public static func now() -> String {
        var time = timespec()
        clock_gettime(CLOCK_REALTIME, &time)
        var parts = tm()
        gmtime_r(&time.tv_sec, &parts)
        func pad(_ number: Int, _ width: Int) -> String {
            let text = String(number)
            return String(repeating: "0", count: max(0, width - text.count)) + text
        }
        return
            "\(pad(Int(parts.tm_year) + 1900, 4))-\(pad(Int(parts.tm_mon) + 1, 2))-\(pad(Int(parts.tm_mday), 2))"
            + "T\(pad(Int(parts.tm_hour), 2)):\(pad(Int(parts.tm_min), 2)):\(pad(Int(parts.tm_sec), 2))"
            + ".\(pad(time.tv_nsec, 9))Z"
    }

    /// Sends a filter's listener to who asked for it, with the container's state: OCI runtime specification, "The
    /// Container Process State".
    static func tell(_ listener: Descriptor, _ config: RuntimeConfig, _ state: RuntimeState) throws
        -> [Descriptor]
    {
        guard let seccomp = config.linux.seccomp, let path = seccomp.listenerPath else {
            throw RuntimeError.refused(
                "seccomp",
                "linux.seccomp.listenerPath",
                "SCMP_ACT_NOTIFY needs it: name a socket"
            )
        }
        var members: [JSON.Member] = [
            .init("ociVersion", .string(config.ociVersion)), .init("fds", ["seccompFd"]),
            .init("pid", JSON(state.pid ?? 0)),
        ]
        if let metadata = seccomp.listenerMetadata { members.append(.init("metadata", .string(metadata))) }
        members.append(.init("state", state.json))
        let bytes = JSON.object(members).bytes()
        let socket = try Descriptor.connect(path, kind: Int32(SOCK_STREAM.rawValue))
        try check(
            "sendmsg",
            path,
            martlet_send_descriptors(socket.number, bytes, bytes.count, [listener.number], 1)
        )
        return []
    }
}
