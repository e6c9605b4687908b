// SPDX-License-Identifier: Apache-2.0
internal import Glibc
internal import Linux
internal import Testing

@testable internal import Logs

@Suite struct SpoolRecoveryTests {
    /// Opens a copy of a spool with one file of its own.
    private func reopen(_ bytes: [UInt8], name: String = SpoolFolder.name(of: 1)) throws -> (
        ScratchFolder, Spool
    ) {
        let folder = try ScratchFolder()
        try store(bytes, in: "\(folder.path)/\(name)")
        return (folder, try Spool(folder.path))
    }

    @Test func `a tail torn at any byte of the last block is cut, and the same batch follows`() throws {
        let bench = try SpoolBench()
        try bench.append("first\nsecond\n")
        let whole = try bench.file().bytes.count
        try bench.append("torn\nin two\n")
        let bytes = try bench.file().bytes
        for end in whole..<bytes.count {
            let (folder, spool) = try reopen(Array(bytes[..<end]))
            #expect(spool.status.batches.stdout == 1)
            #expect(spool.status.nextSequence == 3)
            #expect(spool.status.bytes == whole)
            let encoder = BlockEncoder(capacity: 64)
            try Array("again\n".utf8).withUnsafeBytes {
                try spool.append($0, from: .stdout, time: 2, with: encoder)
            }
            #expect(
                try SpoolBench.events(folder.path).compactMap(\.line?.text) == ["first", "second", "again"]
            )
        }
    }

    @Test func `a header torn at any byte leaves a spool that goes on`() throws {
        let bench = try SpoolBench()
        try bench.append("a\n")
        let bytes = try bench.file().bytes
        for end in 0..<SegmentHeader.size {
            let (folder, spool) = try reopen(Array(bytes[..<end]))
            #expect(spool.status.segments == 0)
            try "b\n".utf8.withContiguousStorageIfAvailable {
                try spool.append(
                    UnsafeRawBufferPointer($0),
                    from: .stdout,
                    time: 2,
                    with: BlockEncoder(capacity: 64)
                )
            }
            #expect(try SpoolBench.events(folder.path).compactMap(\.line?.text) == ["b"])
        }
    }

    @Test func `bits that flip destroy at most their own block`() throws {
        let bench = try SpoolBench()
        var starts: [Int] = []
        for index in 0..<40 {
            if index > 0 { starts.append(try bench.file().bytes.count) }
            try bench.append("line \(index) begins\nline \(index) ends\n", index % 3 == 0 ? .stderr : .stdout)
        }
        let bytes = try bench.file().bytes
        starts = [SegmentHeader.size] + starts + [bytes.count]
        var dice = Dice(state: 7)
        for round in 0..<400 {
            var damaged = bytes
            var hit: Set<Int> = []
            for _ in 0...(round % 4) {
                let position = Int.random(in: 0..<bytes.count, using: &dice)
                damaged[position] ^= 1 << UInt8.random(in: 0..<8, using: &dice)
                hit.insert(position < SegmentHeader.size ? -1 : (starts.lastIndex { $0 <= position } ?? 0))
            }
            let intact = (0..<40).filter { !hit.contains($0) }
            let expected = intact.flatMap { ["line \($0) begins", "line \($0) ends"] }
            let folder = try ScratchFolder()
            try store(damaged, in: "\(folder.path)/\(SpoolFolder.name(of: 1))")
            // A flip and its repetition cancel out, so more may be intact than was counted.
            let seen = Set(try SpoolBench.events(folder.path).compactMap(\.line?.text))
            #expect(seen.isSuperset(of: expected))
            let spool = try Spool(folder.path)
            try "after\n".utf8.withContiguousStorageIfAvailable {
                try spool.append(
                    UnsafeRawBufferPointer($0),
                    from: .stdout,
                    time: 2,
                    with: BlockEncoder(capacity: 64)
                )
            }
            let after = try SpoolBench.events(folder.path).compactMap(\.line?.text)
            #expect(Set(after).isSuperset(of: expected) && after.last == "after")
            for count in [1, 5] { _ = try SpoolBench.events(folder.path, LogQuery(.tail(count))) }
        }
    }

    @Test func `noise of any kind is never a crash`() throws {
        var dice = Dice(state: 3)
        for _ in 0..<200 {
            let length = Int.random(in: 0..<3_000, using: &dice)
            let (folder, _) = try reopen((0..<length).map { _ in UInt8.random(in: 0...255, using: &dice) })
            #expect(try SpoolBench.events(folder.path).isEmpty)
        }
    }

    @Test func `a damaged body is a gap with its counts`() throws {
        let bench = try SpoolBench()
        try bench.append("a\n")
        let position = try bench.file().bytes.count + BlockHeader.size
        try bench.append("lost\nlost\n")
        try bench.append("b\n")
        var (path, bytes) = try bench.file()
        bytes[position] ^= 1
        try store(bytes, in: path)
        let events = try bench.events()
        #expect(events.map { $0.line?.text } == ["a", nil, "b"])
        #expect(events[1].gap?.lost.stdout == LineCount(lines: 2, bytes: 8))
    }

    @Test func `a full disk loses nothing: the same batch is appended later`() throws {
        let bench = try SpoolBench()
        try bench.append("a\n")
        for after in [0, 1, 63, 64, 65, 70] {
            bench.spool.setFault { _ in .fails(errno: ENOSPC, after: after) }
            let error = #expect(throws: LogError.self) { try bench.append("b\n") }
            #expect(error?.cause?.errno == ENOSPC)
            #expect(try bench.text() == ["a"])
        }
        bench.spool.setFault(nil)
        try bench.append("b\n")
        #expect(try bench.text() == ["a", "b"])
        #expect(bench.spool.status.batches.stdout == 2)
    }

    @Test func `after a power loss no sequence number is used twice`() throws {
        let folder = try ScratchFolder()
        let encoder = BlockEncoder(capacity: 64)
        for boot in 1...3 as ClosedRange<UInt64> {
            let spool = try Spool(folder.path, limits: SpoolLimits(), boot: BootIdentity(high: boot, low: 0))
            try Array("boot \(boot)\n".utf8).withUnsafeBytes {
                try spool.append($0, from: .stdout, time: boot, with: encoder)
            }
        }
        let lines = try SpoolBench.events(folder.path).compactMap(\.line)
        #expect(lines.map(\.text) == ["boot 1", "boot 2", "boot 3"])
        #expect(lines.map(\.sequence) == [1, 2 + (1 << 20), 3 + (2 << 20)])
    }
}
