// SPDX-License-Identifier: Apache-2.0
internal import Glibc
internal import Linux
internal import Synchronization
internal import Testing

@testable internal import Logs

@Suite(.timeLimit(.minutes(3))) struct CaptureKillTests {
    /// What the writer has written, and whether it is to stop.
    private final class Tally: Sendable {
        let stopped = Mutex(false)
        let written = Mutex(PerStream(both: 0))
    }

    @Test(.enabled(if: CaptureChild.folder != nil)) func `the process that is killed`() throws {
        guard let folder = CaptureChild.folder else { return }
        var parked: [String: Descriptor] = [:]
        for (index, suffix) in LogPipes.suffixes.enumerated() {
            parked[suffix] = Descriptor(owning: CaptureChild.firstDescriptor + Int32(index))
        }
        let hold = Descriptor(owning: CaptureChild.firstDescriptor + Int32(parked.count))
        let ready = Descriptor(owning: CaptureChild.firstDescriptor + Int32(parked.count) + 1)
        let capture = try Capture(pause: .microseconds(100))
        let pipes = try LogPipes(adopting: parked)
        try capture.add(
            "web",
            spool: try Spool(folder, limits: limits),
            pipes: pipes,
            rules: try CaptureChild.rules(CaptureChild.hasRules),
            hold: try HoldMemory(adopting: hold)
        )
        try ready.write([1])
        while true { pause() }
    }

    private var limits: SpoolLimits { SpoolLimits(segmentBytes: 1 << 20, totalBytes: 1 << 30) }

    @Test(.enabled(if: CaptureChild.folder == nil), arguments: [(40, false), (8, true)])
    func `kills while a container writes lose, repeat and misplace no line`(_ rounds: Int, _ hasRules: Bool)
        async throws
    {
        let bench = try CaptureBench(try CaptureChild.rules(hasRules))
        let tally = Tally()
        let ends = bench.ends
        var progressed = 0
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask {
                var dice = Dice(state: 42), next = PerStream(both: 0)
                while !tally.stopped.withLock({ $0 }) {
                    for (stream, end) in [(LogStream.stdout, ends.stdout), (.stderr, ends.stderr)] {
                        var text = ""
                        for _ in 0..<Int.random(in: 1...20, using: &dice) {
                            let filler = String(repeating: "k", count: next[stream] % 97)
                            text += "\(stream) \(next[stream]) \(filler)\n"
                            next[stream] += 1
                        }
                        // In two writes cut anywhere, so that lines span batches.
                        let cut = Int.random(in: 0...text.utf8.count, using: &dice)
                        try end.write(text.utf8.prefix(cut))
                        try end.write(text.utf8.dropFirst(cut))
                    }
                    if Int.random(in: 0..<8, using: &dice) == 0 {
                        try await Task.sleep(for: .microseconds(50))
                    }
                    tally.written.withLock { $0 = next }
                }
            }
            var dice = Dice(state: 43), before = 0
            for round in 0..<rounds {
                let ready = try Descriptor.pipe()
                let child = try CaptureChild(
                    capturing: bench.pipes.parked.map(\.descriptor) + [bench.memory],
                    into: bench.path,
                    ready: ready.write,
                    hasRules: hasRules
                )
                // Every fourth dies at any point of its start, the others while they capture, half of them after something
                // was written, however long that takes.
                if round % 4 == 3 {
                    try await Task.sleep(for: .milliseconds(Int.random(in: 0...120, using: &dice)))
                } else {
                    #expect(try ready.read.read(1) == [1])
                    let deadline = ContinuousClock.now + .seconds(60)
                    while round % 2 == 0, tally.written.withLock({ $0.stdout }) == before,
                        ContinuousClock.now < deadline
                    { try await Task.sleep(for: .milliseconds(1)) }
                    try await Task.sleep(for: .microseconds(Int.random(in: 0...40_000, using: &dice)))
                }
                child.kill()
                let lines = tally.written.withLock { $0.stdout }
                if lines > before { progressed += 1 }
                before = lines
            }
            tally.stopped.withLock { $0 = true }
            // The writer may wait for room in a pipe that nobody reads.
            let spool = try Spool(bench.path, limits: limits)
            let capture = try Capture()
            try capture.add("web", spool: spool, pipes: bench.pipes, rules: bench.rules, hold: bench.hold())
            try await group.waitForAll()
            #expect(await capture.remove("web"))
        }
        let counts = tally.written.withLock { $0 }
        let lines = try SpoolBench.events(bench.path, LogQuery(holdsUnfinished: true)).compactMap(\.line)
        let omitted = try bench.omitted()
        for stream in LogStream.allCases {
            let read = lines.filter { $0.stream == stream }
            #expect(read.count + Int(omitted[stream].rateLimited.lines) == counts[stream])
            #expect(hasRules || omitted[stream].rateLimited.isZero)
            var last = -1
            let wrong = read.first { line in
                let index = line.text.split(separator: " ").dropFirst().first.flatMap { Int($0) } ?? -1
                defer { last = index }
                let isNext = hasRules ? index > last : index == last + 1
                return !isNext || line.text != "\(stream) \(index) " + filler(index % 97, hasRules)
            }
            #expect(wrong == nil)
        }
        #expect(progressed >= rounds / 2)
        print("killed \(rounds) times: wrote \(counts.stdout) + \(counts.stderr) lines, read \(lines.count)")
    }

    private func filler(_ count: Int, _ hasRules: Bool) -> String {
        guard hasRules, count >= 10 else { return String(repeating: "k", count: count) }
        return "[redacted:k]" + String(repeating: "k", count: count % 10)
    }
}
