internal import Testing

// SPDX-License-Identifier: Apache-2.0
@testable internal import Logs

@Suite struct SpoolLineTests {
    struct Case: Sendable, CustomTestStringConvertible {
        let testDescription: String
        let batches: [String]
        let lines: [String]
    }

    @Test(arguments: [
        Case(testDescription: "one line", batches: ["a\n"], lines: ["a"]),
        Case(testDescription: "empty lines", batches: ["\n\n", "\n"], lines: ["", "", ""]),
        Case(
            testDescription: "a line over three batches",
            batches: ["a", "b", "c\nd\n"],
            lines: ["abc", "d"]
        ),
        Case(testDescription: "a newline of its own batch", batches: ["a", "\n", "b\n"], lines: ["a", "b"]),
        Case(testDescription: "NUL and binary", batches: ["\u{0}x\r\u{1b}\n"], lines: ["\u{0}x\r\u{1b}"]),
        Case(
            testDescription: "text like a block",
            batches: ["MBLK\u{9}\nMLOG\n"],
            lines: ["MBLK\u{9}", "MLOG"]
        ),
    ])
    func `batches are joined to lines`(_ table: Case) throws {
        let bench = try SpoolBench()
        for batch in table.batches { try bench.append(batch) }
        let lines = try bench.lines()
        #expect(lines.map(\.text) == table.lines)
        #expect(lines.allSatisfy { !$0.partial })
    }

    @Test func `a line has the sequence number and time of its first piece`() throws {
        let bench = try SpoolBench()
        try bench.append("a", .stdout, time: 10)
        try bench.append("x\ny\n", .stderr, time: 20)
        try bench.append("b\nc\n", .stdout, time: 30)
        let lines = try bench.lines()
        #expect(lines.map(\.text) == ["x", "y", "ab", "c"])
        #expect(lines.map(\.sequence) == [2, 3, 1, 5])
        #expect(lines.map(\.time) == [20, 20, 10, 30])
    }

    @Test func `end of file completes a line without newline`() throws {
        let bench = try SpoolBench()
        try bench.append("a\nb")
        let holding = LogQuery(holdsUnfinished: true)
        #expect(try bench.text(.stdout, holding) == ["a"])
        #expect(try bench.lines().map(\.partial) == [false, true])
        try bench.append("", .stdout, ends: true)
        #expect(try bench.text(.stdout, holding) == ["a", "b"])
        #expect(try bench.lines().map(\.partial) == [false, false])
        #expect(bench.spool.status.written.stdout == LineCount(lines: 2, bytes: 2))
    }

    @Test(arguments: [0, 1, 2, 1 << 20, (1 << 20) + 1])
    func `a line is cut at 1 MiB and marked`(_ beyond: Int) throws {
        let maximum = Int(BlockEncoder.maximumLine)
        let bench = try SpoolBench()
        let line = [UInt8](repeating: 0x61, count: maximum) + [UInt8](repeating: 0x62, count: beyond)
        for start in stride(from: 0, to: line.count, by: 200_000) {
            try bench.append(Array(line[start..<min(start + 200_000, line.count)]))
        }
        try bench.append("\nend\n")
        let lines = try bench.lines()
        var lengths = [maximum]
        if beyond > 0 { lengths += [min(beyond, maximum)] }
        if beyond > maximum { lengths += [beyond - maximum] }
        #expect(lines.map(\.bytes.count) == lengths + [3])
        #expect(lines.map(\.partial) == lengths.dropLast().map { _ in true } + [false, false])
        #expect(lines.flatMap(\.bytes) == line + Array("end".utf8))
        #expect(bench.spool.status.written.stdout.lines == UInt64(lines.count))
    }
}
