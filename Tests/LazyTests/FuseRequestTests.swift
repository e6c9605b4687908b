// SPDX-License-Identifier: Apache-2.0
internal import Glibc
internal import Linux
internal import TestKit
internal import Testing

@testable internal import Lazy
@testable internal import Volumes

/// Messages as the kernel gives them, and shorter ones.
@Suite struct FuseRequestTests {
    /// LOOKUP (1) of `ab` in the inode 7, with the number 12.
    private static let lookUp: [UInt8] = [
        43, 0, 0, 0, 1, 0, 0, 0,  // length, kind
        12, 0, 0, 0, 0, 0, 0, 0,  // number
        7, 0, 0, 0, 0, 0, 0, 0,  // inode
        0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0,  // who asks
        0x61, 0x62, 0,
    ]

    @Test func `a message is what its header says`() throws {
        try Self.lookUp.withUnsafeBytes { bytes in
            let request = try #require(FuseRequest(bytes))
            #expect(request.opcode == 1 && request.unique == 12 && request.node == 7)
            #expect(try request.name().elementsEqual("ab".utf8))
            // It has no fixed part of so many bytes, and no name behind one.
            #expect(throws: LinuxError("read", "request 1 of /dev/fuse", errno: EINVAL)) {
                try request.take(UInt64.self)
            }
            #expect(throws: LinuxError.self) { try request.name(after: 3) }
        }
    }

    @Test func `what is cut short is no message`() {
        for count in 0..<Self.lookUp.count {
            let isThere = Self.lookUp.prefix(count).withUnsafeBytes { FuseRequest($0) != nil }
            #expect(!isThere, "\(count)")
        }
        for length: UInt8 in [0, 39, 44, 255] {
            var bytes = Self.lookUp
            bytes[0] = length
            let isThere = bytes.withUnsafeBytes { FuseRequest($0) != nil }
            #expect(!isThere, "\(length)")
        }
    }

    @Test func `a log has one process, and what waits in it is there for the next`() throws {
        try LazyBench.run { bench in
            let folder = try bench.open("cache")
            do {
                let log = try RequestLog(in: folder)
                #expect(throws: LinuxError("flock", "requests", errno: EWOULDBLOCK)) {
                    try RequestLog(in: folder)
                }
                Self.lookUp.withUnsafeBytes { #expect(log.keep($0, waiting: 5)) }
                Self.lookUp.withUnsafeBytes { log.reader(2).copyMemory(from: $0) }
                let long = [UInt8](repeating: 200, count: 200)
                long.withUnsafeBytes { #expect(!log.keep($0, waiting: 6)) }
            }
            let next = try RequestLog(in: folder)
            for slot in [next.waiting(5), next.reader(2)] {
                let request = FuseRequest(UnsafeRawBufferPointer(slot))
                #expect(request?.unique == 12)
                next.clear(slot)
                #expect(FuseRequest(UnsafeRawBufferPointer(slot)) == nil)
            }
            #expect(FuseRequest(UnsafeRawBufferPointer(next.waiting(6))) == nil)
        }
    }

    @Test func `entries that are no tree, or cannot lie below overlayfs, are refused`() throws {
        let attributes = TreeEntry.Attributes(mode: 0o755, uid: 0, gid: 0, seconds: 0, nanoseconds: 0)
        func entry(_ path: String, _ kind: TreeEntry.Kind, _ name: String? = nil) throws -> TreeEntry {
            var attributes = attributes
            if let name { attributes.extended = [TreeEntry.Extended(name: Array(name.utf8), value: [1])] }
            return TreeEntry(path: try TreePath(bytes: Array(path.utf8)), kind: kind, attributes: attributes)
        }
        let root = try entry("", .directory)
        let wrong: [[TreeEntry]] = try [
            [], [entry("a", .fifo)], [root, root], [root, entry("a", .fifo), entry("a/b", .fifo)],
            [root, entry("a/b", .fifo)], [root, entry("a", .hardLink(to: TreePath(bytes: Array("0".utf8))))],
            [root, entry("a", .directory), entry("b", .hardLink(to: TreePath(bytes: Array("a".utf8))))],
            [root, entry("a", .characterDevice(major: 0, minor: 0))],
            [root, entry("a", .blockDevice(major: 1 << 12, minor: 0))],
            [root, entry("a", .fifo, "trusted.overlay.opaque")],
        ]
        for entries in wrong {
            #expect(throws: FormatFlaw.self, "\(entries)") {
                var indexing = TreeIndexing()
                for entry in entries { try indexing.add(entry) }
                _ = try indexing.finish()
            }
        }
        var indexing = TreeIndexing()
        for entry in try [
            root, entry("a", .directory), entry("a/b", .fifo),
            entry("a-", .hardLink(to: TreePath(bytes: Array("a/b".utf8)))),
        ] {
            try indexing.add(entry)
        }
        let index = try indexing.finish()
        #expect(
            index.count == 4 && index.file(3) == 2 && index.nodes[2].links == 2 && index.nodes[0].links == 3
        )
        #expect(
            index.entry(named: Array("a-".utf8), in: 0) == 3
                && index.entry(named: Array("b".utf8), in: 0) == nil
        )
    }
}
