// SPDX-License-Identifier: Apache-2.0
internal import Containers
internal import Control
internal import Desired
internal import Glibc
internal import Linux

// Further processes inside a running instance: health checks, and what a user runs there.

extension Node {
    /// A process inside an instance.
    struct Inside: Sendable {
        let pidfd: Descriptor
        /// Its exit status; nil if its end was not seen.
        let end: Task<Int32?, any Error>
    }

    /// Runs a command in a running instance with its user and rights, its output thrown away; its status,
    /// or nil if it was killed at its time limit or its end was not seen.
    func execute(_ id: String, _ command: [String], timeout: Duration) async throws -> Int32? {
        let null = try Descriptor.open("/dev/null", O_RDWR)
        let inside = try await start(
            inside: id,
            streams: StandardStreams(input: null, output: null, error: null)
        ) { _ in command }
        let limit = Task {
            guard (try? await Task.sleep(for: timeout)) != nil else { return }
            inside.pidfd.kill()
        }
        defer { limit.cancel() }
        return try await inside.end.value
    }

    /// Starts a process inside a running instance, as its file says but for what `change` changes; `change`
    /// returns the command.
    func start(
        inside id: String,
        streams: StandardStreams,
        _ change: (inout Service) throws -> [String]
    ) async throws -> Inside {
        guard let instance = instances[id], var service = instance.service, let image = instance.image,
            let pidfd = instance.pidfd
        else { throw AgentError("exec", id, "it does not run") }
        guard !instance.isPaused else {
            throw ControlError(
                .conflict,
                "\(instance.record.name)",
                "it is paused",
                "let it run on with `martlet resume`"
            )
        }
        let command = try change(&service)
        let ground = try await grounded(image, instance.record)
        var process = try await process(for: instance.record, service, ground)
        process.arguments = command
        let tree = tree
        // Where it may move its processes, they may be anywhere below.
        let neighbour = service.writesControlGroups ? instance.pid : nil
        let cgroup = try await Thread.run { try Cgroup(existing: id, in: tree, beside: neighbour) }
        let program = LaunchProgram(
            process,
            in: pidfd,
            ownUsers: instance.record.idSlot != nil,
            cgroup: cgroup,
            streams: streams
        )
        probeNumber += 1
        let name = "\(id).\(probeNumber)"
        let prepared = try await keeper.prepare(name, program)
        return Inside(pidfd: prepared.pidfd, end: Task { try await finish(name, program, prepared.pidfd) })
    }

    private func finish(_ name: String, _ program: LaunchProgram, _ pidfd: Descriptor) async throws -> Int32?
    {
        let releasing = Task { [keeper] in try await keeper.release(name, program) }
        // The end may be told before RELEASE is answered, so this waits first; a failed release ends it too.
        let watching = Task {
            if case .failure = await releasing.result { self.forgetProbe(name) }
        }
        let status = await probeEnd(name)
        // a keeper that replaced itself holds it still
        if case .failure = await releasing.result { pidfd.kill() }
        try await releasing.value
        _ = await watching.value
        return status
    }

    private func forgetProbe(_ name: String) { probes.removeValue(forKey: name)?.resume(returning: nil) }

    private func probeEnd(_ name: String) async -> Int32? {
        await withCheckedContinuation { probes[name] = $0 }
    }

    // MARK: For a user

    /// A user's command inside an instance.
    public func start(_ request: ExecRequest) async throws -> ExecSession {
        let chosen = try selected(request.selection)
        guard let instance = chosen.first(where: { $0.phase == .running }) else {
            throw ControlError(
                .conflict,
                "\(chosen[0].record.name)",
                "it does not run",
                "start it with `martlet start`"
            )
        }
        let input = request.hasInput ? try Descriptor.pipe() : nil
        let output = try Descriptor.pipe()
        let error = try Descriptor.pipe()
        let null = try Descriptor.open("/dev/null", O_RDONLY)
        let inside = try await start(
            inside: instance.record.id,
            streams: StandardStreams(input: input?.read ?? null, output: output.write, error: error.write)
        ) { service in
            service.user = request.user ?? service.user
            service.workingDirectory = request.directory ?? service.workingDirectory
            service.environment.merge(request.environment) { $1 }
            return request.command
        }
        return ExecSession(inside, input: input?.write, output: output.read, error: error.read)
    }
}
