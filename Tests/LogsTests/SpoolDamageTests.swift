// SPDX-License-Identifier: Apache-2.0
internal import Glibc
internal import Linux
internal import Testing

@testable internal import Logs

/// Spools with damage at random: no intact record is lost, and none is invented.
@Suite(.timeLimit(.minutes(20))) struct SpoolDamageTests {
    private static let isSoak = getenv("MARTLET_SOAK") != nil
    private static let cases = isSoak ? 100_000 : 1_500

    /// Where a block stands, and its lines by their numbers.
    private struct Block {
        var segment: Int
        var range: Range<Int>
        var lines: [UInt64: String]
    }

    /// A spool of some segments with blocks of both streams and tables, as bytes.
    private func whole(_ dice: inout Dice) throws -> (
        segments: [(name: String, bytes: [UInt8])], blocks: [Block]
    ) {
        let bench = try SpoolBench(SpoolLimits(segmentBytes: 4_096, totalBytes: 1 << 20))
        while bench.spool.status.segments < 3 {
            let stream = LogStream.allCases[Int.random(in: 0...1, using: &dice)]
            var omitting = Omissions()
            if Int.random(in: 0..<3, using: &dice) == 0 { omitting.sampled = LineCount(lines: 1, bytes: 2) }
            let text = (0..<Int.random(in: 1...6, using: &dice)).map { _ in
                "line \(dice.next()) " + String(repeating: "x", count: Int.random(in: 0...90, using: &dice))
            }
            try Array((text.joined(separator: "\n") + "\n").utf8).withUnsafeBytes {
                try bench.spool.append($0, from: stream, time: 1, omitting: omitting, with: bench.encoder)
            }
        }
        let folder = try SpoolFolder(opening: bench.path)
        var segments: [(String, [UInt8])] = [], blocks: [Block] = []
        for (index, first) in try folder.segments().enumerated() {
            let file = try SegmentFile(try folder.open(first), firstSequence: first)
            segments.append((SpoolFolder.name(of: first), try bench.file(index).bytes))
            var scan = BlockScan(file)
            while case .block(let header) = try scan.peek() {
                let start = scan.offset
                let body = try #require(try scan.body(of: header))
                var lines: [UInt64: String] = [:], offset = header.recordsOffset, next = header.firstSequence
                while let record = RecordSlice(body, at: offset) {
                    lines[next] = "\(header.stream) " + String(decoding: body[record.bytes], as: UTF8.self)
                    next += 1
                    offset = record.bytes.upperBound
                }
                scan.pass(header)
                blocks.append(Block(segment: index, range: start..<scan.offset, lines: lines))
            }
        }
        return (segments, blocks)
    }

    @Test func `damage takes the records that it hits and no others`() throws {
        var dice = Dice(state: 35)
        var (segments, blocks) = try whole(&dice)
        let folder = try ScratchFolder()
        for round in 0..<Self.cases {
            if round % 500 == 499 { (segments, blocks) = try whole(&dice) }
            let hit = Int.random(in: 0..<segments.count, using: &dice)
            var bytes = segments[hit].bytes
            var touched: [Range<Int>] = []
            switch Int.random(in: 0..<3, using: &dice) {
            case 0 where hit == segments.count - 1:
                let end = Int.random(in: 0...bytes.count, using: &dice)
                bytes.removeSubrange(end...)
                touched = [end..<Int.max]
            case 1:
                let start = Int.random(in: 0..<bytes.count, using: &dice)
                let end = min(bytes.count, start + Int.random(in: 1...300, using: &dice))
                for index in start..<end { bytes[index] = UInt8.random(in: 0...255, using: &dice) }
                touched = [start..<end]
            default:
                for _ in 0..<Int.random(in: 1...6, using: &dice) {
                    let index = Int.random(in: 0..<bytes.count, using: &dice)
                    bytes[index] ^= 1 << UInt8.random(in: 0...7, using: &dice)
                    touched.append(index..<index + 1)
                }
            }
            for (index, segment) in segments.enumerated() {
                try store(index == hit ? bytes : segment.bytes, in: "\(folder.path)/\(segment.name)")
            }
            var intact: [UInt64: String] = [:]
            for block in blocks
            where block.segment != hit || !touched.contains(where: { $0.overlaps(block.range) }) {
                intact.merge(block.lines) { first, _ in first }
            }
            let all = blocks.reduce(into: [UInt64: String]()) { $0.merge($1.lines) { first, _ in first } }
            try expect(intact, of: all, in: folder.path, round)
            // A writer puts right what it finds, and goes on behind it.
            var spool: Spool? = try Spool(folder.path)
            let encoder = BlockEncoder(capacity: 64)
            try Array("new\n".utf8).withUnsafeBytes {
                try spool?.append($0, from: .stdout, time: 2, with: encoder)
            }
            let next = (spool?.status.nextSequence ?? 0) - 1
            spool = nil
            #expect(intact.keys.allSatisfy { $0 < next })
            try expect(
                intact.merging([next: "stdout new"]) { _, new in new },
                of: all.merging([next: "stdout new"]) { _, new in new },
                in: folder.path,
                round
            )
            for name in try Descriptor.open(folder.path, O_RDONLY | O_DIRECTORY).entries() {
                unlink("\(folder.path)/\(name)")
            }
        }
    }

    private func expect(_ intact: [UInt64: String], of all: [UInt64: String], in path: String, _ round: Int)
        throws
    {
        var found: [UInt64: String] = [:]
        for line in try SpoolBench.events(path).compactMap(\.line) {
            #expect(found.updateValue("\(line.stream) \(line.text)", forKey: line.sequence) == nil)
        }
        let lost = intact.filter { found[$0.key] != $0.value }
        let invented = found.filter { all[$0.key] != $0.value }
        #expect(lost.isEmpty && invented.isEmpty, "round \(round): lost \(lost), invented \(invented)")
    }

    @Test func `whatever bytes a decoder meets, it ends and stays inside of them`() throws {
        var dice = Dice(state: 36)
        var (segments, _) = try whole(&dice)
        let memory = try HoldMemory()
        let secrets = try SecretMemory.make([
            [1, 2, 3].withUnsafeBytes { .init("name", SecretContent($0)) },
            [4].withUnsafeBytes { .init("b", SecretContent($0)) },
        ])
        let packed = try Descriptor.open("/proc/self/fd/\(secrets.number)", O_RDONLY).readAll(limit: 1 << 10)
        for round in 0..<(Self.isSoak ? 1_000_000 : 20_000) {
            if round % 5_000 == 4_999 { (segments, _) = try whole(&dice) }
            var bytes = round % 4 == 0 ? packed : segments[round % segments.count].bytes
            let start = Int.random(in: 0..<bytes.count, using: &dice)
            bytes = Array(bytes[start..<min(bytes.count, start + Int.random(in: 0...400, using: &dice))])
            for _ in 0..<Int.random(in: 0...4, using: &dice) where !bytes.isEmpty {
                bytes[Int.random(in: 0..<bytes.count, using: &dice)] = UInt8.random(in: 0...255, using: &dice)
            }
            bytes.withUnsafeBytes { bytes in
                _ = SegmentHeader(bytes)
                if let header = BlockHeader(bytes, salt: nil) { #expect(header.size >= BlockHeader.size) }
                for secret in SecretMemory.decode(bytes) ?? [] {
                    #expect(secret.content.count <= bytes.count)
                }
            }
            _ = Omissions(bytes)
            var offset = 0
            while let record = RecordSlice(bytes, at: offset) {
                #expect(record.bytes.upperBound <= bytes.count && record.bytes.upperBound > offset)
                offset = record.bytes.upperBound
            }
        }
        // Memory that the keeper gave back may hold anything.
        let map = try Descriptor.open("/proc/self/fd/\(memory.descriptor.number)", O_RDWR)
        for _ in 0..<200 {
            let noise = (0..<128).map { _ in UInt8.random(in: 0...255, using: &dice) }
            for place in 0..<4 {
                _ = noise.withUnsafeBytes {
                    pwrite(map.number, $0.baseAddress, 64, off_t(place * (64 + HoldMemory.capacity)))
                }
            }
            for batch in [0, 1, UInt64(littleEndian: noise.withUnsafeBytes { $0.load(as: UInt64.self) })] {
                for stream in LogStream.allCases {
                    #expect(memory.held(after: batch, of: stream)?.bytes.count ?? 0 <= HoldMemory.capacity)
                }
            }
        }
    }
}
