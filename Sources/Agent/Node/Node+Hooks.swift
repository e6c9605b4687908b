// SPDX-License-Identifier: Apache-2.0
internal import Containers
internal import Desired
internal import Glibc
internal import Linux

// What a service has run inside at the turns of its life. Hooks see the secrets of the container, so what they
// print is kept nowhere.

extension Node {
    /// Runs the hooks after a start; why it has failed, or nil.
    func settleIn(_ id: String, _ service: Service) async -> (any Error)? {
        do {
            for (index, hook) in service.postStart.enumerated() {
                let status = try await run(hook, in: id, until: nil)
                Failpoint.hookEnded.reach()
                guard status != 0 else { continue }
                throw AgentError("start", name(of: id), "post_start[\(index)] \(Self.outcome(status))")
            }
            Failpoint.readyDue.reach()
            if instances[id]?.record.isUnready != nil { try mark(id, isUnready: nil) }
            Failpoint.readySaved.reach()
            return nil
        } catch {
            return error
        }
    }

    /// Ends what a hook said has not become what it should, and throws why.
    func giveUp(_ id: String, _ failure: any Error) async throws {
        instances[id]?.hasFailed = true
        defer { instances[id]?.hasFailed = false }
        try await end(id)
        throw failure
    }

    /// Runs the hooks before an end; one that fails is told of, and the end comes all the same.
    func prepareEnd(_ id: String, until deadline: ContinuousClock.Instant) async {
        guard let hooks = instances[id]?.service?.preStop, instances[id]?.hasFailed != true else { return }
        for (index, hook) in hooks.enumerated() where instances[id]?.phase == .running {
            do {
                let status = try await run(hook, in: id, until: deadline)
                if status != 0 { tell(.failed, id, "pre_stop[\(index)] \(Self.outcome(status))") }
            } catch {
                tell(.failed, id, "pre_stop[\(index)]: \(error)")
            }
        }
    }

    /// Runs one hook to its end; its status, or nil if that was not seen.
    func run(_ hook: Hook, in id: String, until deadline: ContinuousClock.Instant?) async throws
        -> Int32?
    {
        let null = try Descriptor.open("/dev/null", O_RDWR)
        let inside = try await start(
            inside: id,
            streams: StandardStreams(input: null, output: null, error: null)
        ) { service in
            service.user = hook.user ?? service.user
            service.workingDirectory = hook.workingDirectory ?? service.workingDirectory
            service.environment.merge(hook.environment) { $1 }
            return hook.command
        }
        instances[id]?.hook = inside.pidfd
        defer { instances[id]?.hook = nil }
        // A stop may have come while it was started.
        if instances[id]?.isStarting == true, instances[id]?.isStopping == true { inside.pidfd.kill() }
        let limit = deadline.map { deadline in
            Task {
                guard (try? await Task.sleep(until: deadline)) != nil else { return }  // it ended in time
                inside.pidfd.kill()
            }
        }
        defer { limit?.cancel() }
        return try await withTaskCancellationHandler {
            try await inside.end.value
        } onCancel: {
            if deadline == nil { inside.pidfd.kill() }  // a start that is called off; an end has its deadline
        }
    }

    private func mark(_ id: String, isUnready: Bool?) throws {
        instances[id]?.record.isUnready = isUnready
        try instances[id]?.record.save(in: folders.records)
    }

    private func name(of id: String) -> String { instances[id].map { "\($0.record.name)" } ?? id }

    static func outcome(_ status: Int32?) -> String {
        status.map { "ended with status \($0)" } ?? "ended, its status unknown"
    }
}
