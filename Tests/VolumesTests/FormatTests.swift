// SPDX-License-Identifier: Apache-2.0
internal import TestKit
internal import Testing

@testable internal import Volumes

@Suite struct FormatTests {
    private static func hexadecimal(_ bytes: [UInt8]) -> String {
        bytes.map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined()
    }

    private static func record(_ sequence: UInt64, root: ChunkReference? = nil) throws -> CommitRecord {
        var statistics = CommitRecord.Statistics()
        (statistics.entries, statistics.bytes, statistics.pause) = (3, 300, 1_000)
        (statistics.packs, statistics.stored) = (1, 200)
        return CommitRecord(
            sequence: sequence,
            epoch: 3,
            owner: CommitRecord.Owner(id: Array(0..<16), node: "node-7"),
            parent: sequence == 1 ? .none : try ContentName(of: Array("before".utf8)),
            root: root,
            flags: [.fence, .fuzzy],
            time: 1_764_374_400_000_000_000,
            statistics: statistics,
            nonce: [UInt8](repeating: 0xAA, count: 16)
        )
    }

    @Test(arguments: 0..<10 as Range<UInt64>) func `entries come back from pages`(seed: UInt64) throws {
        var tree = RandomTree(seed: seed)
        let entries = try tree.entries(seed == 0 ? 400 : 40)
        try VolumeTree.check(entries)
        let pages = TreePage.encode(entries)
        #expect(try pages.flatMap { try TreePage.decode($0.bytes) } == entries)
        #expect(pages.allSatisfy { $0.bytes.count <= TreePage.decodedLimit })
        #expect(pages.flatMap(\.entries) == entries)
    }

    /// What a changed byte makes of a page is an error or another page, never a crash; and a page that can be read is
    /// written as it was read.
    @Test(arguments: 0..<5 as Range<UInt64>) func `a forged page is an error`(seed: UInt64) throws {
        var tree = RandomTree(seed: seed)
        let page = TreePage.encode(try tree.entries(20))[0].bytes
        var refused = 0
        for _ in 0..<150 {
            var forged = page
            for _ in 0..<Int.random(in: 1...3, using: &tree.random) {
                forged[Int.random(in: 0..<forged.count, using: &tree.random)] = tree.bytes(1...1)[0]
            }
            if Bool.random(using: &tree.random) {
                forged.removeLast(Int.random(in: 0..<forged.count, using: &tree.random))
            }
            guard let entries = try? TreePage.decode(forged) else {
                refused += 1
                continue
            }
            for (one, next) in zip(entries, entries.dropFirst()) { #expect(one.path < next.path) }
            let again = TreePage.encode(entries)
            #expect(try again.flatMap { try TreePage.decode($0.bytes) } == entries)
        }
        #expect(refused > 0)
    }

    @Test(arguments: [CommitRecord.end, .max]) func `a place that no log comes to is forged`(_ place: UInt64)
        throws
    {
        #expect(throws: FormatFlaw.self) { try CommitRecord(Self.record(place).encoded(), at: place) }
    }

    @Test func `random bytes are none of the formats`() throws {
        var tree = RandomTree(seed: 99)
        for magic in ["MLPG", "MLLS", "MLRT", "MLVC", "MLPI"] {
            for _ in 0..<300 {
                let bytes = Array(magic.utf8) + tree.bytes(0...200)
                #expect(throws: FormatFlaw.self) { try TreePage.decode(bytes) }
                #expect(throws: FormatFlaw.self) { try CommitRecord(bytes, at: 1) }
                #expect(throws: FormatFlaw.self) { try PackIndex(bytes, packSize: 1_000) }
                // With no pack and no piece or run they may be read by chance.
                _ = try? FileContent.decode(bytes, span: 0, depth: 0)
                _ = try? TreeRoot(bytes)
            }
        }
    }

    @Test func `a record comes back, and as nothing else`() throws {
        var tree = RandomTree(seed: 4)
        for (sequence, root) in [(1, nil), (7, try tree.chunk())] as [(UInt64, ChunkReference?)] {
            let record = try Self.record(sequence, root: root)
            let bytes = try record.encoded()
            #expect(try CommitRecord(bytes, at: sequence) == record)
            #expect(throws: FormatFlaw.self) { try CommitRecord(bytes, at: sequence + 1) }
            for place in bytes.indices {
                var forged = bytes
                forged[place] ^= 0x10
                #expect(throws: FormatFlaw.self, "byte \(place)") { try CommitRecord(forged, at: sequence) }
                #expect(throws: FormatFlaw.self) { try CommitRecord(Array(bytes[..<place]), at: sequence) }
            }
        }
    }

    /// docs/formats/volume.md, "Records".
    @Test func `a record is these bytes`() throws {
        let bytes = try Self.record(1).encoded()
        #expect(
            Self.hexadecimal(Array(bytes.dropLast(32)))
                == [
                    "4d4c5643",  // MLVC
                    "0100",  // version
                    "0100000000000000",  // sequence
                    "0300000000000000",  // epoch
                    "000102030405060708090a0b0c0d0e0f",  // owner
                    "06" + "6e6f64652d37",  // its node
                    String(repeating: "0", count: 64),  // parent
                    "05",  // fence, fuzzy
                    "0000cb322b517c18",  // time
                    String(repeating: "aa", count: 16),  // nonce
                    "03", "ac02", "01", "c801", "e807",  // entries, bytes, packs, stored, pause
                    "00",  // no root
                ].joined()
        )
    }

    @Test func `a pack is looked through by its end`() throws {
        var tree = RandomTree(seed: 5)
        var writer = PackWriter(name: PackName(using: &tree.random))
        let contents = (0..<200).map { index in
            index % 2 == 0 ? tree.bytes(1...300) : Array(repeating: UInt8(index), count: 5_000 + index)
        }
        let packer = ChunkPacker()
        func add(_ content: [UInt8]) throws -> ChunkReference {
            let name = try ContentName(of: content)
            return try content.withUnsafeBytes {
                try writer.add(name, size: content.count, stored: packer.pack($0), .data)
            }
        }
        let chunks = try contents.map(add)
        #expect(try add(contents[3]) == chunks[3])
        let pack = try writer.finished()
        let size = try PackIndex.size(tail: Array(pack.suffix(PackIndex.tailSize)))
        let index = try PackIndex(Array(pack.suffix(size)), packSize: Int64(pack.count))
        #expect(index.pack == chunks[0].pack)
        #expect(index.entries.map(\.name) == chunks.map(\.name))
        for (chunk, content) in zip(chunks, contents) {
            let stored = pack[chunk.offset..<chunk.offset + chunk.stored]
            #expect(try PackedChunk.unpack(stored, chunk) == content)
            var forged = Array(stored)
            forged[0] ^= 1
            #expect(throws: FormatFlaw.self) { try PackedChunk.unpack(forged[...], chunk) }
            #expect(throws: FormatFlaw.self) { try PackedChunk.unpack(stored.dropLast(), chunk) }
        }
        #expect(chunks.contains { $0.stored < $0.size } && chunks.contains { $0.stored == $0.size })
        for place in pack.indices.suffix(size) {
            var forged = Array(pack.suffix(size))
            forged[place - (pack.count - size)] ^= 4
            #expect(throws: FormatFlaw.self) { try PackIndex(forged, packSize: Int64(pack.count)) }
        }
    }

    /// A frame that would be far more than the chunk has is not inflated to the end.
    @Test func `a chunk that inflates to more is an error`() throws {
        var random = SeededGenerator(seed: 1)
        let zeros = [UInt8](repeating: 0, count: 4 << 20), packer = ChunkPacker()
        let bomb = zeros.withUnsafeBytes { Array(packer.pack($0)) }
        let chunk = try ChunkReference(
            name: ContentName(of: zeros),
            pack: PackName(using: &random),
            offset: 0,
            stored: bomb.count,
            size: 4_096
        )
        #expect(throws: FormatFlaw.self) { try PackedChunk.unpack(bomb[...], chunk) }
    }

    @Test func `lists and roots come back`() throws {
        var tree = RandomTree(seed: 6)
        var pieces: [FileContent.Piece] = []
        for _ in 0..<3_000 {
            let chunk = try tree.chunk()
            pieces.append(FileContent.Piece(span: Int64(chunk.size), chunk: chunk))
        }
        let lists = FileContent.lists(pieces)
        #expect(lists.flatMap { $0 } == pieces)
        for list in lists {
            let span = list.reduce(0) { $0 + $1.span }
            #expect(try FileContent.decode(FileContent.encode(list), span: span, depth: 0) == Array(list))
            #expect(throws: FormatFlaw.self) {
                try FileContent.decode(FileContent.encode(list), span: span + 1, depth: 0)
            }
        }
        // One piece more at the beginning: most lists stay.
        let longer = FileContent.lists([FileContent.Piece(span: 5, chunk: nil)] + pieces)
        let kept = Set(lists.map(Array.init)).intersection(Set(longer.map(Array.init)))
        #expect(kept.count >= lists.count - 2)

        var page = TreeRoot.Page(chunk: try tree.chunk(9_000), first: .root, entries: 5)
        var root = TreeRoot(runs: [[page]])
        page = TreeRoot.Page(chunk: try tree.chunk(9_000), first: try TreePath(bytes: [0x61]), entries: 7)
        root.runs[0].append(page)
        #expect(try TreeRoot(root.encoded()) == root)
        root.runs[0].swapAt(0, 1)
        #expect(throws: FormatFlaw.self) { try TreeRoot(root.encoded()) }
    }

    @Test(arguments: [
        "/", "a/", "/a", "a//b", ".", "a/..", "a/./b", "a\0b", String(repeating: "a", count: 256),
    ])
    func `a path that leads elsewhere is none`(text: String) {
        #expect(throws: FormatFlaw.self) { try TreePath(bytes: Array(text.utf8)) }
    }

    @Test func `a folder comes before what is in it, and that before what follows`() throws {
        let paths = try ["", "a", "a/b", "a/b/c", "a/b0", "a-", "a-/x", "a0"].map {
            try TreePath(bytes: Array($0.utf8))
        }
        #expect(paths.shuffled().sorted() == paths)
    }
}
