internal import Testing

// SPDX-License-Identifier: Apache-2.0
@testable internal import Logs

@Suite struct SpoolBoundTests {
    private let limits = SpoolLimits(segmentBytes: 4_096, totalBytes: 16_384)

    @Test func `what is dropped is counted exactly, and read as a gap before what is kept`() throws {
        let bench = try SpoolBench(limits)
        var written = PerStream(both: LineCount())
        for index in 0..<2_000 {
            let stream: LogStream = index % 5 == 0 ? .stderr : .stdout
            let text = "line \(index) " + String(repeating: "x", count: index % 50)
            try bench.append(text + "\n", stream)
            written[stream] = written[stream] + LineCount(lines: 1, bytes: UInt64(text.utf8.count))
            #expect(bench.spool.status.bytes <= limits.totalBytes)
        }
        let events = try bench.events()
        let gaps = events.compactMap(\.gap), lines = events.compactMap(\.line)
        #expect(gaps.count == 1 && events.first?.gap != nil)
        #expect(gaps.first?.lost == bench.spool.status.dropped)
        for stream in LogStream.allCases {
            let read = lines.filter { $0.stream == stream }
            let kept = LineCount(
                lines: UInt64(read.count),
                bytes: UInt64(read.reduce(0) { $0 + $1.bytes.count })
            )
            #expect(kept + bench.spool.status.dropped[stream] == written[stream])
        }
        #expect(lines.last?.text.hasPrefix("line 1999 ") == true)
        #expect(gaps.first?.next == lines.first?.sequence)
    }

    @Test func `a reader that is overtaken counts what it missed`() throws {
        let bench = try SpoolBench(limits)
        var reader = try LogReader(bench.path, LogQuery(holdsUnfinished: true))
        var lines = 0, bytes = 0, lost = LineCount(), expected = 0
        var dice = Dice(state: 5)
        for index in 0..<5_000 {
            let text = "line \(index)"
            expected += text.utf8.count
            try bench.append(text + "\n")
            // Reads in fits, so that whole segments vanish between.
            guard Int.random(in: 0..<400, using: &dice) == 0 else { continue }
            for _ in 0..<30 {
                switch try reader.next() {
                case .line(let line):
                    lines += 1
                    bytes += line.bytes.count
                case .gap(let gap): lost = lost + gap.lost.stdout
                case nil: break
                }
            }
        }
        while let event = try reader.next() {
            if let line = event.line {
                lines += 1
                bytes += line.bytes.count
            }
            if let gap = event.gap { lost = lost + gap.lost.stdout }
        }
        #expect(lost.lines > 0)
        #expect(UInt64(lines) + lost.lines == 5_000)
        #expect(UInt64(bytes) + lost.bytes == UInt64(expected))
    }

    @Test func `a line whose beginning was dropped is given as partial`() throws {
        let bench = try SpoolBench(limits)
        try bench.append("the beginning of ")
        for index in 0..<200 { try bench.append(String(repeating: "x", count: 100) + "\(index)\n", .stderr) }
        try bench.append("a line\nnext\n")
        let lines = try bench.lines().filter { $0.stream == .stdout }
        #expect(lines.map(\.text) == ["a line", "next"])
        #expect(lines.map(\.partial) == [true, false])
    }

    @Test func `the counts survive a restart`() throws {
        var bench = try SpoolBench(limits)
        for index in 0..<500 { try bench.append("\(index)" + String(repeating: "y", count: 60) + "\n") }
        let before = bench.spool.status
        let other = try SpoolBench()
        let path = bench.path
        bench.spool = other.spool
        let again = try Spool(path, limits: limits)
        #expect(again.status == before)
        #expect(before.dropped.stdout.lines > 0)
    }
}
