// SPDX-License-Identifier: Apache-2.0
internal import Glibc
internal import Linux
internal import Synchronization

@testable internal import Logs

/// A container's pipes and a spool, over which captures come and go.
struct CaptureBench {
    let folder: ScratchFolder
    let pipes: LogPipes
    let ends: LogPipes.WriteEnds
    let rules: LineRules?
    let memory: Descriptor

    init(_ rules: LineRules? = nil) throws {
        folder = try ScratchFolder()
        (pipes, ends) = try LogPipes.make()
        self.rules = rules
        memory = try HoldMemory().descriptor
    }

    /// As a capture that comes later finds it.
    func hold() throws -> HoldMemory { try HoldMemory(adopting: memory) }

    var path: String { "\(folder.path)/spool" }

    /// Captures until the thread vanishes at a step, leaving everything as a killed process would.
    func capture(
        dyingAt step: CaptureStep,
        of stream: LogStream = .stdout,
        after passes: Int = 0,
        tear: Int? = nil
    ) throws {
        let spool = try Spool(path), left = Mutex(passes)
        if let tear { spool.setFault { _ in left.withLock { $0 } == 0 ? .tears(after: tear) : nil } }
        let capture = try Capture(pause: .zero, report: { _ in }) { passed, _, passedStream in
            guard passed == step, passedStream == stream else { return false }
            return left.withLock { left in
                defer { left = max(0, left - 1) }
                return tear == nil && left == 0
            }
        }
        try capture.add("web", spool: spool, pipes: pipes, rules: rules, hold: hold())
        capture.join()
    }

    /// Captures everything that waits, in order.
    func captureRest() async throws {
        let spool = try Spool(path)
        let capture = try Capture()
        try capture.add("web", spool: spool, pipes: pipes, rules: rules, hold: hold())
        await capture.remove("web")
        capture.stop()
    }

    /// What was left out, as the spool has it.
    func omitted() throws -> PerStream<Omissions> { try Spool(path).status.omitted }

    func text(_ stream: LogStream) throws -> [String] {
        try SpoolBench.events(path, LogQuery(holdsUnfinished: true)).compactMap(\.line)
            .filter { $0.stream == stream }.map(\.text)
    }
}

/// Events as they are reported, for tests that wait for one.
final class EventLog: Sendable {
    private let events = Mutex<[CaptureEvent]>([])

    func add(_ event: CaptureEvent) { events.withLock { $0.append(event) } }
    var all: [CaptureEvent] { events.withLock { $0 } }

    func wait(for event: CaptureEvent) async throws {
        while !all.contains(event) { try await Task.sleep(for: .milliseconds(2)) }
    }
}

/// Runs what blocks on a thread of its own, so that no other test waits for it.
func onThread(_ body: @escaping @Sendable () -> Void) throws {
    final class Box: Sendable {
        let body: @Sendable () -> Void
        init(_ body: @escaping @Sendable () -> Void) { self.body = body }
    }
    let box = Unmanaged.passRetained(Box(body))
    var thread = pthread_t()
    let code = pthread_create(
        &thread,
        nil,
        { argument in
            if let argument { Unmanaged<Box>.fromOpaque(argument).takeRetainedValue().body() }
            return nil
        },
        box.toOpaque()
    )
    guard code == 0 else { throw LinuxError("pthread_create", "", errno: code) }
    pthread_detach(thread)
}
