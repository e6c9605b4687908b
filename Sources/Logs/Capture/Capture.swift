// SPDX-License-Identifier: Apache-2.0
internal import CLinux
internal import Glibc
internal import Linux
internal import Synchronization

/// Moves the output of all containers into their spools, on one thread of its own.
///
/// A line that a container wrote is in its pipe, in a staging pipe or in the spool at every instant. So when this
/// process is killed, a new one goes on from the parked descriptors and the spool, with nothing lost or repeated.
public final class Capture: Sendable {
    private let inbox: CaptureInbox
    private let thread: Mutex<pthread_t?>

    /// Starts the thread.
    ///
    /// `report` is called on it and must return quickly. `pause` is how long a small batch may wait for
    /// company.
    public convenience init(
        pause: Duration = .milliseconds(1),
        report: @escaping @Sendable (CaptureEvent) -> Void = { _ in }
    ) throws(LogError) {
        try self.init(pause: pause, report: report, dies: nil)
    }

    /// With a hook that says at which step the thread is to vanish, as if the process were killed there.
    package init(
        pause: Duration,
        report: @escaping @Sendable (CaptureEvent) -> Void,
        dies: (@Sendable (CaptureStep, _ instance: String, LogStream) -> Bool)?
    ) throws(LogError) {
        let started = try attempt(.capture, "thread") { () throws(LinuxError) in
            let inbox = try CaptureInbox()
            let loop = Unmanaged.passRetained(
                try CaptureLoop(inbox, pause: pause, report: report, dies: dies)
            )
            var thread = pthread_t()
            let code = pthread_create(
                &thread,
                nil,
                { argument in
                    if let argument { Unmanaged<CaptureLoop>.fromOpaque(argument).takeRetainedValue().run() }
                    return nil
                },
                loop.toOpaque()
            )
            guard code == 0 else {
                loop.release()
                throw LinuxError("pthread_create", "", errno: code)
            }
            return (inbox, thread)
        }
        inbox = started.0
        thread = Mutex(started.1)
    }

    deinit { stop() }

    /// Captures an instance from now on, beginning with what an earlier capture left in the pipes.
    ///
    /// A terminal has no `stderr`. The descriptors are kept open until both streams ended or the instance is
    /// removed. With rules, `hold` is where a line waits for its end; what is in it of an earlier capture goes on.
    public func add(
        _ instance: String,
        spool: Spool,
        stdout: StreamDescriptors,
        stderr: StreamDescriptors?,
        rules: LineRules? = nil,
        hold: HoldMemory? = nil
    ) throws(LogError) {
        for stage in [stdout.stage0, stdout.stage1, stderr?.stage0, stderr?.stage1] {
            guard let stage, martlet_pipe_size(stage.number) < 0 else { continue }
            throw LogError(.capture, instance, reason: "a staging descriptor is not a pipe")
        }
        guard inbox.enter(instance) else { throw LogError(.capture, instance, reason: "is already captured") }
        guard inbox.send(.add(instance, spool, stdout: stdout, stderr: stderr, rules, hold)) else {
            throw LogError(.capture, instance, reason: "the capture has stopped")
        }
    }

    /// Captures an instance from now on, see above.
    public func add(
        _ instance: String,
        spool: Spool,
        pipes: LogPipes,
        rules: LineRules? = nil,
        hold: HoldMemory? = nil
    ) throws(LogError) {
        try add(
            instance,
            spool: spool,
            stdout: pipes.stdout,
            stderr: pipes.stderr,
            rules: rules,
            hold: hold
        )
    }

    /// Treats the lines of an instance by other rules from its next batch on; nothing if it is not captured.
    ///
    /// `hold` is for an instance that had none. Returns once nothing is treated by the old ones any more.
    public func setRules(_ instance: String, _ rules: LineRules, hold: HoldMemory? = nil) async {
        await withCheckedContinuation { continuation in
            if !inbox.send(.rules(instance, rules, hold, continuation)) { continuation.resume() }
        }
    }

    /// Publishes what waits in the instance's pipes now, then lets go of it.
    ///
    /// False when that could not be published: it still waits in the pipes.
    @discardableResult
    public func remove(_ instance: String) async -> Bool {
        await withCheckedContinuation { continuation in
            if !inbox.send(.remove(instance, continuation)) { continuation.resume(returning: false) }
        }
    }

    /// Ends the thread between two batches; everything stays as a later capture finds it.
    public func stop() {
        inbox.send(.stop)
        join()
    }

    /// Waits for the thread to end.
    package func join() {
        let thread = thread.withLock { thread in
            defer { thread = nil }
            return thread
        }
        if let thread { pthread_join(thread, nil) }
    }
}
