// SPDX-License-Identifier: Apache-2.0
internal import Glibc
internal import Testing

@testable internal import Logs

@Suite struct SpoolFilesTests {
    @Test func `a copy of the segments that hold a record and all behind it is a spool from there on`() throws
    {
        let bench = try SpoolBench(SpoolLimits(segmentBytes: 4_096, totalBytes: 1 << 20))
        for number in 1...400 { try bench.append("line \(number) of many that fill a segment\n") }
        _ = try LogCursorFile(bench.path, reader: "far")
        let files = try SpoolFiles(bench.path)
        #expect(files.segments.count > 3 && files.cursors == ["far.cursor"])
        #expect(files.segments(from: 0) == files.segments.reversed())
        #expect(files.segments(from: .max - 1).map(\.name) == [files.segments.last?.name])
        for sequence in [1, 57, 200, 400] as [UInt64] {
            let wanted = files.segments(from: sequence)
            #expect((wanted.last?.firstSequence ?? .max) <= sequence)
            let copy = try ScratchFolder()
            for segment in wanted {
                try #require(link("\(bench.path)/\(segment.name)", "\(copy.path)/\(segment.name)") == 0)
            }
            let lines = try SpoolBench.events(copy.path).compactMap(\.line).filter { $0.sequence >= sequence }
            #expect(lines.map(\.sequence) == Array(sequence...400))
        }
    }

    @Test func `a spool may begin with a number of its own, and goes on with it`() throws {
        let folder = try ScratchFolder(), encoder = BlockEncoder(capacity: 4_096)
        for text in ["a\n", "b\n"] {
            let spool = try Spool(folder.path, first: 1 << 50)
            try Array(text.utf8).withUnsafeBytes {
                try spool.append($0, from: .stdout, time: 1, with: encoder)
            }
        }
        let sequences = try SpoolBench.events(folder.path).compactMap(\.line?.sequence)
        #expect(sequences == [1 << 50, 1 << 50 + 1])
    }
}
