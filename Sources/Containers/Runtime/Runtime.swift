// SPDX-License-Identifier: Apache-2.0
internal import Glibc
internal import Linux

/// The verbs of an OCI runtime, OCI runtime specification, "Runtime and Lifecycle".
///
/// Nothing of it stays: a container's process belongs to whoever adopts the orphans of the caller, and what is
/// known of it lies in a folder below `root`.
public struct Runtime {
    /// Where the folders of the containers are.
    public var root: String
    /// The program that runs launch programs: `martlet-keeper`.
    public var keeper: String
    /// Control groups are units of systemd.
    public var usesSystemd = false
    /// Takes what this host cannot give in full, and what went wrong after the container's fate was decided.
    public var warn: (String) -> Void
    let mounts = Mounts()

    /// Describes a runtime.
    public init(root: String, keeper: String, warn: @escaping (String) -> Void) {
        self.root = root
        self.keeper = keeper
        self.warn = warn
    }

    // MARK: Looking

    /// What is remembered of a container, and its state.
    ///
    /// Throws if there is none of that id.
    public func inspect(_ id: String) throws -> (state: RuntimeState, record: ContainerRecord) {
        let (folder, record) = try find(id, "state", locked: false)
        return (try state(folder, record), record)
    }

    /// The same of all.
    public func list() throws -> [(record: ContainerRecord, state: RuntimeState)] {
        try ContainerFolder.ids(in: root).compactMap { id in
            // One that is being made, or goes away meanwhile, is not there.
            guard let folder = try ContainerFolder.find(id, in: root, locked: false),
                let record = try folder.record()
            else { return nil }
            return (record, try state(folder, record))
        }
    }

    func find(_ id: String, _ verb: String, locked: Bool = true) throws -> (ContainerFolder, ContainerRecord)
    {
        guard let folder = try ContainerFolder.find(id, in: root, locked: locked),
            let record = try folder.record()
        else { throw RuntimeError.unknown(verb, id) }
        return (folder, record)
    }

    func state(_ folder: ContainerFolder, _ record: ContainerRecord) throws -> RuntimeState {
        let config = try folder.config()
        var status = RuntimeState.Status.stopped
        if try HostProcess.handle(record) != nil {
            if folder.isHeld {
                status = .created
            } else {
                status = try group(of: record).isFrozen() ? .paused : .running
            }
        }
        return RuntimeState(
            id: record.id,
            status: status,
            pid: status == .stopped ? nil : record.pid,
            bundle: record.bundle,
            annotations: config.annotations,
            ociVersion: config.ociVersion
        )
    }

    /// The control groups of a container that exists.
    func group(of record: ContainerRecord) throws -> Cgroup {
        try Cgroup(try CgroupPath(record.cgroup), existingIn: try mounts.find())
    }

    // MARK: Signals

    /// Sends a signal to the first process, or to all.
    ///
    /// Throws unless the container was made and has not stopped.
    public func kill(_ id: String, signal: Int32, all: Bool = false) throws {
        let (folder, record) = try find(id, "kill")
        guard let process = try HostProcess.handle(record) else {
            // All that is left of one whose first process has ended may be told as well.
            if all, let group = try? group(of: record), try !group.processes().isEmpty {
                return try group.kill(signal)
            }
            throw RuntimeError.notRunning("kill", id)
        }
        if all { return try group(of: record).kill(signal) }
        process.kill(signal)
        // A frozen process dies when it thaws.
        guard signal == SIGKILL, !folder.isHeld else { return }
        let group = try group(of: record)
        if try group.isFrozen() { try group.thaw() }
    }

    /// Stops all processes.
    public func pause(_ id: String) throws { try live(id, "pause").group.freeze() }

    /// Lets all processes run on.
    public func resume(_ id: String) throws { try live(id, "resume").group.thaw() }

    /// The host's pids of all processes.
    public func processes(_ id: String) throws -> [Int32] { try live(id, "ps").group.processes() }

    /// Changes limits, live.
    public func update(_ id: String, _ resources: Resources) throws {
        let (group, record) = try live(id, "update")
        try group.apply(resources)
        if let unit = record.unit { try SystemdScope(unit).update(resources, in: try mounts.find()) }
    }

    /// What is counted of a container.
    public func statistics(_ id: String) throws -> CgroupStatistics {
        guard let statistics = try live(id, "events").group.statistics() else {
            throw RuntimeError.notRunning("events", id)
        }
        return statistics
    }

    /// Watches a container from now on.
    ///
    /// Throws unless the container was made and has not stopped.
    public func watch(_ id: String) throws -> CgroupWatch { try CgroupWatch(live(id, "events").group) }

    /// The control groups of a container that has not stopped, and what is remembered of it.
    private func live(_ id: String, _ verb: String) throws -> (group: Cgroup, record: ContainerRecord) {
        let (_, record) = try find(id, verb)
        guard try HostProcess.handle(record) != nil else { throw RuntimeError.notRunning(verb, id) }
        return (try group(of: record), record)
    }

    // MARK: The end

    /// Takes away what is left of a container; `force` kills it before, and takes one that does not exist as done.
    public func delete(_ id: String, force: Bool = false) throws {
        guard let folder = try ContainerFolder.find(id, in: root) else {
            if force { return }
            throw RuntimeError.unknown("delete", id)
        }
        guard let record = try folder.record() else {
            let why = "its creation or its end was cut short: use --force"
            guard force else { throw RuntimeError.refused("delete", id, why) }
            if let claim = try folder.claim() { try removeGroup(claim) }
            return try folder.remove()
        }
        let state = try state(folder, record)
        guard state.status == .stopped || state.status == .created || force else {
            throw RuntimeError.refused(
                "delete",
                id,
                "cannot delete a container that is not stopped: it is \(state.status.rawValue): stop it or use --force"
            )
        }
        try end(record)
        try remove(folder, record)
    }

    /// Kills the first process and waits for its end.
    private func end(_ record: ContainerRecord) throws {
        guard let process = try HostProcess.handle(record) else { return }
        process.kill()
        if let group = try? group(of: record), (try? group.isFrozen()) == true { try group.thaw() }
        // 10 s: a process in the kernel's hands may take its time.
        for _ in 0..<1000 {
            var watched = pollfd(fd: process.number, events: Int16(POLLIN), revents: 0)
            if poll(&watched, 1, 10) > 0 { return }
        }
        throw RuntimeError.refused(
            "delete",
            record.id,
            "its first process does not end: look at pid \(record.pid)"
        )
    }

    /// Removes control groups and folder of a container that has ended, and runs its last hooks.
    func remove(_ folder: ContainerFolder, _ record: ContainerRecord) throws {
        let config = try folder.config()
        try removeGroup(record)
        try folder.remove()
        let state = RuntimeState(
            id: record.id,
            status: .stopped,
            pid: nil,
            bundle: record.bundle,
            annotations: config.annotations,
            ociVersion: config.ociVersion
        )
        for (index, hook) in config.hooks.poststop.enumerated() {
            do { try HookRun.run(hook, "hooks.poststop[\(index)]", state) } catch { warn("\(error)") }
        }
    }

    private func removeGroup(_ record: ContainerRecord) throws {
        try removeGroup(try CgroupPath(record.cgroup), unit: record.unit)
    }

    func removeGroup(_ path: CgroupPath, unit: String?) throws {
        try Cgroup.remove(path, in: try mounts.find(), killing: true)
        if let unit { try SystemdScope(unit).stop() }
    }

    /// Where control groups are mounted, looked for when that is first asked.
    final class Mounts {
        private var found: CgroupMounts?

        func find() throws -> CgroupMounts {
            let mounts = try found ?? .find()
            found = mounts
            return mounts
        }
    }
}
