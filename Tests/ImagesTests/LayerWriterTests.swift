// SPDX-License-Identifier: Apache-2.0
internal import Glibc
internal import Linux
internal import Synchronization
internal import TestKit
internal import Testing

@testable internal import Images

/// Bytes that a source pushes, packed in one of the ways that there are.
struct Packing: Sendable, CustomTestStringConvertible {
    let testDescription: String
    /// A shell line that packs standard input.
    let tool: String

    static let all: [Packing] = [
        Packing(testDescription: "plain", tool: "cat"),
        Packing(testDescription: "gzip", tool: "gzip -6"),
        Packing(testDescription: "gzip, stored", tool: "gzip -1 --fast"),
        Packing(
            testDescription: "gzip of many members, as estargz and pigz write it",
            tool: "split -b 70001 --filter='gzip -9'"
        ),
        Packing(
            testDescription: "gzip with a name and an empty member at the end",
            tool: "(cat >layer.tar; gzip -N -c layer.tar; printf '' | gzip)"
        ),
        Packing(testDescription: "zstd", tool: "zstd -q -3"),
        Packing(testDescription: "zstd with a checksum and a large window", tool: "zstd -q -19 --check"),
        Packing(
            testDescription: "zstd of many frames with frames to be skipped, as zstd:chunked writes it",
            tool:
                "(printf '\\120\\052\\115\\030\\004\\000\\000\\000skip'; split -b 70001 --filter='zstd -q'; printf '\\120\\052\\115\\030\\003\\000\\000\\000end')"
        ),
    ]
}

@Suite(.enabled(if: geteuid() == 0, "needs root")) struct LayerWriterTests {
    /// A layer of a MiB that is neither all the same nor all noise.
    static let layer: [UInt8] = {
        var random = SeededGenerator(seed: 5)
        var tar = TarWriter()
        for number in 0..<60 {
            let lines = (0..<400).map { _ in "\(random.next() % 100_000) words and numbers\n" }
            tar.file("dir\(number % 7)/file\(number)", lines.joined())
        }
        return tar.finished
    }()

    static func pack(_ bytes: [UInt8], _ packing: Packing, _ shop: Workshop) throws -> [UInt8] {
        try shop.write(bytes, to: "plain")
        try Workshop.run("cd \(shop.path) && cat plain | \(packing.tool) >packed")
        return try shop.read("packed")
    }

    static func blob(_ bytes: [UInt8]) -> ContentDescriptor {
        ContentDescriptor(mediaType: MediaType.ociLayer, digest: Digest(of: bytes), size: bytes.count)
    }

    static func push(_ bytes: ArraySlice<UInt8>, in size: Int, to writer: LayerWriter) throws {
        var rest = bytes
        while !rest.isEmpty {
            try rest.prefix(size).withUnsafeBytes { try writer.push($0) }
            rest = rest.dropFirst(size)
        }
    }

    /// What is in the store beside its locks, as names.
    static func names(_ shop: Workshop) throws -> [String] {
        try Workshop.run("cd \(shop.path)/store && ls -A content content/sha256 layers").split(
            separator: "\n"
        )
        .map(String.init).filter { !$0.hasSuffix(":") && $0 != "sha256" }.sorted()
    }

    @Test(arguments: Packing.all)
    func `a layer in pieces of any size is the layer`(_ packing: Packing) throws {
        let shop = try Workshop()
        let packed = try Self.pack(Self.layer, packing, shop)
        let (blob, diffID) = (Self.blob(packed), Digest(of: Self.layer))
        let reference = try shop.unpack(Self.layer).tree
        let picture = try Workshop.picture(reference)
        let store = try shop.store()
        for size in [61, 4096, 65_537, packed.count] {
            try store.layers.remove(diffID)
            let writer = try store.layerWriter(blob, diffID: diffID)
            #expect(writer.resumed == 0)
            try Self.push(packed[...], in: size, to: writer)
            try writer.finish()
            #expect(try store.holds(blob, diffID: diffID))
            #expect(try Workshop.picture(store.layers.path(of: diffID)) == picture)
            #expect(try Self.names(shop) == [blob.digest.hex, diffID.hex].sorted())
        }
    }

    @Test(arguments: Packing.all)
    func `a layer that is cut, changed or continued is refused, and leaves nothing`(_ packing: Packing) throws
    {
        let shop = try Workshop()
        let packed = try Self.pack(Self.layer, packing, shop)
        let diffID = Digest(of: Self.layer)
        let store = try shop.store()
        var flipped = packed
        flipped[packed.count / 2] ^= 0x10
        let lies: [(String, [UInt8], ContentDescriptor, Digest)] = [
            ("cut", Array(packed.dropLast(100)), Self.blob(packed), diffID),
            (
                "cut, with the digest of that", Array(packed.dropLast(2000)),
                Self.blob(Array(packed.dropLast(2000))), diffID
            ),
            ("one bit is another", flipped, Self.blob(packed), diffID),
            ("one bit is another, with the digest of that", flipped, Self.blob(flipped), diffID),
            ("a byte more", packed + [0], Self.blob(packed), diffID),
            ("another DiffID", packed, Self.blob(packed), Digest(of: [])),
            ("nothing", [], Self.blob(packed), diffID),
        ]
        for (lie, bytes, blob, diffID) in lies {
            let writer = try store.layerWriter(blob, diffID: diffID)
            #expect(throws: ImageError.self, "\(lie)") {
                try Self.push(bytes[...], in: 30_000, to: writer)
                try writer.finish()
            }
            writer.cancel()
            #expect(try Self.names(shop) == [], "\(lie)")
        }
    }

    @Test func `a writer goes on where an earlier one was left, by another process too`() throws {
        let shop = try Workshop()
        let packed = try Self.pack(Self.layer, Packing.all[0], shop)
        let (blob, diffID) = (Self.blob(packed), Digest(of: Self.layer))
        let half = packed.count / 2
        var writer = try shop.store().layerWriter(blob, diffID: diffID)
        try Self.push(packed[..<half], in: 10_000, to: writer)
        // A second one of the same blob works beside it, from the start.
        let other = try shop.store().layerWriter(blob, diffID: diffID)
        #expect(other.resumed == 0)
        other.cancel()
        writer.cancel()
        #expect(try Self.names(shop) == [".part-" + blob.digest.hex])

        let store = try shop.store()
        writer = try store.layerWriter(blob, diffID: diffID)
        let kept = writer.resumed
        #expect(kept == half)
        try Self.push(packed[kept...], in: 10_000, to: writer)
        try writer.finish()
        #expect(try store.holds(blob, diffID: diffID))
        #expect(try Self.names(shop) == [blob.digest.hex, diffID.hex].sorted())
    }

    @Test func `a part that is not the blob's is refused once, and then begun anew`() throws {
        let shop = try Workshop()
        let packed = try Self.pack(Self.layer, Packing.all[0], shop)
        let (blob, diffID) = (Self.blob(packed), Digest(of: Self.layer))
        let store = try shop.store()
        try shop.write([UInt8](repeating: 7, count: 100_000), to: "store/content/.part-" + blob.digest.hex)
        var writer = try store.layerWriter(blob, diffID: diffID)
        #expect(writer.resumed == 100_000)
        #expect(throws: ImageError.self) {
            try Self.push(packed[100_000...], in: 100_000, to: writer)
            try writer.finish()
        }
        #expect(try Self.names(shop) == [])
        writer = try store.layerWriter(blob, diffID: diffID)
        #expect(writer.resumed == 0)
        try Self.push(packed[...], in: 100_000, to: writer)
        try writer.finish()
        #expect(try store.holds(blob, diffID: diffID))
    }

    @Test func `a source that must not block is told when there is room`() throws {
        let shop = try Workshop()
        // Noise, which no queue of a few MiB holds.
        var random = SeededGenerator(seed: 9)
        var tar = TarWriter()
        for number in 0..<24 {
            let content = (0..<65_536).flatMap { _ in withUnsafeBytes(of: random.next()) { Array($0) } }
            tar.add(Array("noise\(number)".utf8), content: content)
        }
        let bytes = tar.finished
        let rooms = Room()
        let store = try shop.store()
        let writer = try store.layerWriter(Self.blob(bytes), diffID: Digest(of: bytes)) { rooms.tell() }
        var rest = bytes[...]
        while !rest.isEmpty {
            let part = rest.prefix(900_000)
            if try part.withUnsafeBytes({ try writer.offer($0) }) {
                rest = rest.dropFirst(part.count)
            } else {
                rooms.wait()
            }
        }
        try writer.finish()
        #expect(try store.holds(Self.blob(bytes), diffID: Digest(of: bytes)))
    }

    @Test func `a hostile layer ends its source, and one that is forgotten leaves no folder`() throws {
        let shop = try Workshop()
        let store = try shop.store()
        var tar = TarWriter()
        tar.file("../x")
        let bytes = tar.finished + [UInt8](repeating: 0, count: 64 << 20)
        let writer = try store.layerWriter(Self.blob(bytes), diffID: Digest(of: bytes))
        // Long before all is pushed.
        #expect(throws: ImageError.self) { try Self.push(bytes[...], in: 1 << 20, to: writer) }
        writer.cancel(keepsPart: false)
        #expect(try Self.names(shop) == [])

        try store.layerWriter(Self.blob(Self.layer), diffID: Digest(of: Self.layer)).cancel()
        #expect(try Self.names(shop) == [])
    }

    @Test func `two writers of one layer at the same time both succeed`() throws {
        let shop = try Workshop()
        let store = try shop.store()
        let (blob, diffID) = (Self.blob(Self.layer), Digest(of: Self.layer))
        let one = try store.layerWriter(blob, diffID: diffID),
            two = try store.layerWriter(blob, diffID: diffID)
        try Self.push(Self.layer[...], in: 100_000, to: one)
        try Self.push(Self.layer[...], in: 100_000, to: two)
        try one.finish()
        let inode = try Descriptor.open(store.layers.path(of: diffID), O_RDONLY).status().inode
        try two.finish()
        #expect(try Descriptor.open(store.layers.path(of: diffID), O_RDONLY).status().inode == inode)
        #expect(try Self.names(shop) == [blob.digest.hex, diffID.hex].sorted())
    }
}

/// Told by one thread, waited for by another.
private final class Room: Sendable {
    private let count = Mutex(0)

    func tell() { count.withLock { $0 += 1 } }

    func wait() {
        while count.withLock({ count in
            defer { count = 0 }
            return count == 0
        }) { usleep(200) }
    }
}
