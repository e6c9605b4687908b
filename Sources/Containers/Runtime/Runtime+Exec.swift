// SPDX-License-Identifier: Apache-2.0
internal import CLinux
internal import Glibc
public import Linux

extension Runtime {
    /// One more process in a container.
    public struct Execution {
        /// What runs.
        public var process: RuntimeConfig.Process
        /// Gets its pid.
        public var pidFile: String?
        /// The socket that gets the other end of a terminal.
        public var consoleSocket: String?
        /// A connected socket instead of its path.
        public var console: Descriptor?
        /// How many descriptors from 3 on it inherits.
        public var preservedDescriptors = 0
        /// Runs in a container that is paused.
        public var ignorePaused = false

        /// Describes a process.
        public init(_ process: RuntimeConfig.Process) { self.process = process }
    }

    /// Starts one more process; its pid, a child of the caller.
    ///
    /// Returns once its program runs; throws what kept it from running.
    public func exec(_ id: String, _ execution: Execution) throws -> Int32 {
        let (folder, record) = try find(id, "exec")
        guard let container = try HostProcess.handle(record) else {
            throw RuntimeError.notRunning("exec", id)
        }
        let state = try state(folder, record)
        guard state.status == .running || (state.status == .paused && execution.ignorePaused) else {
            throw RuntimeError.refused(
                "exec",
                id,
                "cannot exec in a container that is \(state.status.rawValue): it must be running"
            )
        }
        let config = try folder.config()
        // It stands still until a resume, which must not wait for it.
        if state.status == .paused { try folder.unlock() }
        var process = try ProcessSpec(
            execution.process,
            config.linux,
            rights: try OwnRights(),
            degraded: warn
        )
        process.terminal = try terminal(execution.process, execution.consoleSocket, execution.console)
        process.descriptors = try Self.inherited(execution.preservedDescriptors)
        process.addHome(below: try Descriptor.open("/proc/\(record.pid)/root", MARTLET_O_PATH | O_DIRECTORY))
        let program = LaunchProgram(
            process,
            in: container,
            namespaces: try HostProcess.namespaces(of: record.pid),
            cgroup: try Cgroup(
                try CgroupPath(record.cgroup),
                existingIn: try mounts.find(),
                beside: record.pid
            ),
            streams: try Self.standardStreams()
        )
        let stage = try Stage(program, id: id, keeper: keeper, progress: .unnamed())
        do {
            try stage.release { sent in
                guard let sent else { return [] }
                return try Self.tell(sent, config, state)
            }
            if let file = execution.pidFile { try Self.write(pid: stage.pid, to: file) }
        } catch {
            stage.kill()
            throw error
        }
        return stage.pid
    }

    /// The process that `exec` starts when nothing else is said: the container's own, running `args`.
    public func process(of id: String, running args: [String]) throws -> RuntimeConfig.Process {
        let (folder, _) = try find(id, "exec", locked: false)
        guard var process = try folder.config().process else { throw RuntimeError.unknown("exec", id) }
        process.args = args
        process.terminal = false
        process.consoleSize = nil
        return process
    }
}
