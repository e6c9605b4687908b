// SPDX-License-Identifier: Apache-2.0
internal import Glibc
internal import Linux
internal import Testing

@testable internal import Images

@Suite(.enabled(if: geteuid() == 0, "needs root")) struct BombTests {
    /// Blocks of 512 bytes below a folder, and inodes.
    static func use(_ path: String) throws -> String {
        try Workshop.run("du -s --block-size=512 --inodes \(path); du -s --block-size=512 \(path)")
    }

    static func peak() -> Int {
        var usage = rusage()
        getrusage(__rusage_who_t(RUSAGE_SELF.rawValue), &usage)
        return usage.ru_maxrss >> 10
    }

    /// A frame that wants a window of so many bytes, RFC 8878 section 3.1.1: one raw block of one byte.
    static func frame(windowLog: UInt8) -> [UInt8] {
        [0x28, 0xB5, 0x2F, 0xFD, 0x00, (windowLog - 10) << 3, 0x09, 0x00, 0x00, 0x61]
    }

    @Test(arguments: [UInt8(24), 27, 31, 41])
    func `a zstd frame that wants a huge window is refused before there is one`(_ log: UInt8) throws {
        let shop = try Workshop()
        let store = try shop.store()
        let before = Self.peak()
        let error = #expect(throws: ImageError.self) {
            try shop.unpack(Self.frame(windowLog: log), diffID: Digest(of: [0x61]), in: store)
        }
        #expect(error?.description.contains("zstd") == true)
        #expect(Self.peak() - before < 64)
        #expect(try Workshop.run("ls -A \(shop.path)/store/layers") == "")
    }

    @Test func `a window of 8 MiB is fine`() throws {
        let shop = try Workshop()
        // The same frame at 8 MiB is read, and what is in it is no archive.
        let error = #expect(throws: ImageError.self) {
            try shop.unpack(Self.frame(windowLog: 23), diffID: Digest(of: [0x61]), in: shop.store())
        }
        #expect(error?.description.contains("zstd") == false)
    }

    @Test func `many empty files, and many folders, end at their caps, and the disk is as it was`() throws {
        let shop = try Workshop()
        var limits = ImageLimits()
        limits.layerEntries = 5_000
        limits.layerDirectories = 1_500
        let store = try shop.store(limits)
        let before = try Self.use(shop.path + "/store")
        let peak = Self.peak()
        // A few entries, each deep below directories that have none.
        var deep = TarWriter()
        for number in 0..<30 {
            deep.pax([("path", Array(("\(number)/" + String(repeating: "d/", count: 200)).utf8))])
            deep.directory("x")
        }
        let refused = #expect(throws: ImageError.self) { try shop.unpack(deep.finished, limits: limits) }
        #expect(refused?.description.contains("1500 directories") == true)
        for (kind, count) in [("f", 5_001), ("d", 1_501)] {
            // By GNU tar from a list, so that this test need not write each header.
            try Workshop.run(
                """
                mkdir \(shop.path)/\(kind) && cd \(shop.path)/\(kind) && \
                seq \(count) | xargs \(kind == "f" ? "touch" : "mkdir") && tar -cf - . | gzip -1 >../\(kind).blob && rm -r ../\(kind)
                """
            )
            let error = #expect(throws: ImageError.self) {
                try shop.unpack(file: "\(shop.path)/\(kind).blob", diffID: Digest(of: []), in: store)
            }
            #expect(error?.description.contains("more than") == true)
        }
        #expect(Self.peak() - peak < 64)
        #expect(try Self.use(shop.path + "/store") == before)
    }

    @Test func `a bomb that comes as it is fetched ends its source soon`() throws {
        let shop = try Workshop()
        // 256 MiB of zeros in a file of 256 KiB.
        try Workshop.run(
            "cd \(shop.path) && truncate -s 256M zeros && tar -cf - zeros | gzip -9 >bomb && rm zeros"
        )
        let store = try shop.store()
        let before = try Self.use(shop.path + "/store")
        let (digest, size) = try Workshop.sum(shop.path + "/bomb")
        let blob = ContentDescriptor(mediaType: MediaType.ociLayer, digest: digest, size: size)
        // The cap on the ratio lets 64 MiB pass.
        let writer = try store.layerWriter(blob, diffID: Digest(of: []))
        var pushed = 0
        let error = #expect(throws: ImageError.self) {
            let stream = FileStream(try Descriptor.open(shop.path + "/bomb", O_RDONLY), subject: "bomb")
            while let bytes = try stream.next() {
                try writer.push(bytes)
                pushed += bytes.count
            }
            try writer.finish()
        }
        #expect(error?.description.contains("times") == true)
        writer.cancel(keepsPart: false)
        #expect(try Self.use(shop.path + "/store") == before)
    }
}
