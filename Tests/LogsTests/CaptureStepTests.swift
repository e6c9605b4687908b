// SPDX-License-Identifier: Apache-2.0
internal import Glibc
internal import Linux
internal import Testing

@testable internal import Logs

/// Death between every pair of steps of the protocol.
@Suite(.timeLimit(.minutes(2))) struct CaptureStepTests {
    private static let steps = CaptureStep.allCases.filter { $0 != .ending && $0 != .ended }

    /// Writes numbered lines and a piece, so that lines span the batches.
    private func write(_ range: Range<Int>, _ bench: CaptureBench) throws {
        for (name, end) in [("out", bench.ends.stdout), ("err", bench.ends.stderr)] {
            for index in range { try end.write("\(name) \(index)\n".utf8) }
            try end.write("\(name) ".utf8)
            try end.write("piece \(range.upperBound)\n".utf8.prefix(range.upperBound % 3 * 4))
            try end.write("piece \(range.upperBound)\n".utf8.dropFirst(range.upperBound % 3 * 4))
        }
    }

    private func expected(_ name: String, _ ranges: [Range<Int>], _ word: String = "piece") -> [String] {
        ranges.flatMap { range in range.map { "\(name) \($0)" } + ["\(name) \(word) \(range.upperBound)"] }
    }

    private func secret(_ text: String) -> LineRules.Secret {
        Array(text.utf8).withUnsafeBytes { .init("p", SecretContent($0)) }
    }

    @Test(arguments: steps, [nil, "[redacted:p]"])
    func `a death at this step loses and repeats nothing`(_ step: CaptureStep, _ mark: String?)
        async throws
    {
        for stream in LogStream.allCases {
            try await deaths(at: step, of: stream, mark)
        }
    }

    private func deaths(at step: CaptureStep, of stream: LogStream, _ mark: String?) async throws {
        // A secret that lies across batches, and a limit that nothing reaches.
        let bench = try CaptureBench(
            mark == nil ? nil : try LineRules(secrets: [secret("piece")], rate: .init(lines: 1_000_000))
        )
        var ranges: [Range<Int>] = []
        for round in 0..<4 {
            let range = round * 100..<round * 100 + 50 + round
            ranges.append(range)
            try write(range, bench)
            // The steps of adoption come once; those of a batch at the first batch.
            try bench.capture(dyingAt: step, of: stream)
        }
        try await bench.captureRest()
        #expect(try bench.text(.stdout) == expected("out", ranges, mark ?? "piece"))
        #expect(try bench.text(.stderr) == expected("err", ranges, mark ?? "piece"))
        #expect(try bench.omitted().stdout.redactions == (mark == nil ? 0 : 4))
    }

    @Test(arguments: steps) func `what is beyond a limit is counted once, whatever dies`(_ step: CaptureStep)
        async throws
    {
        let bench = try CaptureBench(
            try LineRules(secrets: [secret("piece")], rate: .init(lines: 1, burst: .seconds(20)))
        )
        var ranges: [Range<Int>] = []
        for round in 0..<4 {
            let range = round * 100..<round * 100 + 50
            ranges.append(range)
            try write(range, bench)
            try bench.capture(dyingAt: step)
        }
        try await bench.captureRest()
        let omitted = try bench.omitted()
        for (name, stream) in [("out", LogStream.stdout), ("err", .stderr)] {
            let kept = try bench.text(stream), all = expected(name, ranges, "[redacted:p]")
            #expect(kept.count + Int(omitted[stream].rateLimited.lines) == all.count)
            // Those that are kept are in their order, each once.
            var rest = all[...]
            for line in kept {
                let index = try #require(rest.firstIndex(of: line))
                rest = rest[(index + 1)...]
            }
        }
        #expect(omitted.stdout.rateLimited.lines > 100)
    }

    @Test(arguments: steps)
    func `deaths at a later batch, again and again`(_ step: CaptureStep) async throws {
        let bench = try CaptureBench()
        // More than a batch holds, so that several batches are under way.
        let filler = String(repeating: "f", count: 1_000)
        for index in 0..<900 { try bench.ends.stdout.write("\(index) \(filler)\n".utf8) }
        let once = step == .adopted || step == .discarded
        for _ in 0..<2 { try bench.capture(dyingAt: step, after: once ? 0 : 1) }
        try await bench.captureRest()
        #expect(try bench.text(.stdout) == (0..<900).map { "\($0) \(filler)" })
    }

    @Test func `a death in the middle of the write, at any byte`() async throws {
        let bench = try CaptureBench()
        var ranges: [Range<Int>] = []
        for (round, tear) in [0, 1, 63, 64, 65, 100, 200, 500, 1 << 20].enumerated() {
            ranges.append(round * 100..<round * 100 + 40)
            try write(round * 100..<round * 100 + 40, bench)
            try bench.capture(dyingAt: .read, tear: tear)
        }
        try await bench.captureRest()
        #expect(try bench.text(.stdout) == expected("out", ranges))
        #expect(try bench.text(.stderr) == expected("err", ranges))
    }

    @Test(arguments: [CaptureStep.ending, .ended])
    func `a death at the end of a stream`(_ step: CaptureStep) async throws {
        let folder = try ScratchFolder(), path = "\(folder.path)/spool"
        let pipes = try writtenAndClosed()
        try die(at: step, path, pipes)
        try await finish(path, pipes)
        let lines = try SpoolBench.events(path, LogQuery(holdsUnfinished: true)).compactMap(\.line)
        #expect(lines.map(\.text) == ["line", "tail"])
    }

    private func die(at step: CaptureStep, _ path: String, _ pipes: LogPipes) throws {
        let capture = try Capture(pause: .zero, report: { _ in }) { passed, _, _ in passed == step }
        try capture.add("web", spool: try Spool(path), pipes: pipes)
        capture.join()
    }

    private func writtenAndClosed() throws -> LogPipes {
        let (pipes, ends) = try LogPipes.make()
        try ends.stdout.write("line\ntail".utf8)
        return pipes
    }

    private func finish(_ path: String, _ pipes: LogPipes) async throws {
        for _ in 0..<2 {
            let log = EventLog()
            let capture = try Capture { log.add($0) }
            try capture.add("web", spool: try Spool(path), pipes: pipes)
            try await log.wait(for: .ended(instance: "web", stream: .stderr))
            try await log.wait(for: .ended(instance: "web", stream: .stdout))
            capture.stop()
        }
    }
}
