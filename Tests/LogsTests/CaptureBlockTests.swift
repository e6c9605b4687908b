// SPDX-License-Identifier: Apache-2.0
internal import Glibc
internal import Linux
internal import Testing

@testable internal import Logs

/// `block`: a container waits for its own sinks, and for nobody else's.
@Suite(.timeLimit(.minutes(2))) struct CaptureBlockTests {
    private let limits = SpoolLimits(segmentBytes: 64 << 10, totalBytes: 256 << 10)

    @Test func `a full spool stops its own container alone, and a release wakes it`() async throws {
        let held = try CaptureBench(), free = try CaptureBench(), log = EventLog()
        let spool = try Spool(held.path, limits: limits, policy: .block)
        spool.release(upTo: 0)
        let capture = try Capture { log.add($0) }
        defer { capture.stop() }
        try capture.add("held", spool: spool, pipes: held.pipes)
        try capture.add("free", spool: try Spool(free.path), pipes: free.pipes)
        let text = String(repeating: "z", count: 999) + "\n", count = 4_000
        let out = held.ends.stdout
        let writer = Task.detached { for _ in 0..<count { try out.write(text.utf8) } }
        try await log.wait(for: .blocked(instance: "held"))
        try free.ends.stdout.write("goes on\n".utf8)
        while try free.text(.stdout) != ["goes on"] { try await Task.sleep(for: .milliseconds(2)) }
        #expect(spool.status.omitted.stdout == Omissions() && spool.status.dropped.stdout.isZero)
        // Its sinks take what is there, again and again, until all has come.
        while spool.status.written.stdout.lines < count {
            spool.release(upTo: spool.status.nextSequence - 1)
            try await Task.sleep(for: .milliseconds(1))
        }
        try await writer.value
        #expect(log.all.contains(.resumed(instance: "held")))
        #expect(spool.status.written.stdout == LineCount(lines: UInt64(count), bytes: UInt64(count * 999)))
        #expect(spool.status.omitted.stdout == Omissions())
        await capture.remove("held")
    }

    @Test func `what an ended container leaves is taken though the spool is full`() async throws {
        let bench = try CaptureBench(), log = EventLog()
        let spool = try Spool(bench.path, limits: limits, policy: .block)
        spool.release(upTo: 0)
        let capture = try Capture { log.add($0) }
        defer { capture.stop() }
        let text = String(repeating: "z", count: 999) + "\n"
        for _ in 0..<1_000 { try bench.ends.stdout.write(text.utf8) }
        try capture.add("web", spool: spool, pipes: bench.pipes)
        try await log.wait(for: .blocked(instance: "web"))
        #expect(await capture.remove("web"))
        #expect(try bench.text(.stdout).count == 1_000)
        #expect(spool.status.omitted.stdout == Omissions())
    }
}
