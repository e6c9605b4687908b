// SPDX-License-Identifier: Apache-2.0
internal import CLinux
internal import Glibc
internal import Linux
internal import Testing

@testable internal import Logs

@Suite struct SpoolFormatTests {
    @Test func `a block is its header and one record a line`() {
        let encoder = BlockEncoder(capacity: 64)
        let state = StreamState(batch: 4, written: LineCount(), open: 0, ended: false)
        let bytes = Array("ab\n\nc".utf8).withUnsafeBytes { batch in
            Array(
                encoder.block(
                    of: batch,
                    from: .stderr,
                    state: state,
                    sequence: 7,
                    time: 0x0102_0304_0506_0708,
                    ends: false,
                    salt: 0xaabb_ccdd
                ).bytes
            )
        }
        let expected: [UInt8] = [
            0x4d, 0x42, 0x4c, 0x4b,  // magic "MBLK"
            9, 0, 0, 0,  // length of the records
            7, 0, 0, 0, 0, 0, 0, 0,  // first sequence number
            5, 0, 0, 0, 0, 0, 0, 0,  // batch
            8, 7, 6, 5, 4, 3, 2, 1,  // realtime nanoseconds
            3, 0, 0, 0,  // records
            2, 0, 0, 0,  // lines completed
            3, 0, 0, 0,  // bytes of text
            1, 0, 0, 0,  // open bytes after the block
            1, 0, 0, 0,  // stream, flags, reserved
        ]
        #expect(Array(bytes[0..<52]) == expected)
        #expect(Array(bytes[56..<60]) == [0xdd, 0xcc, 0xbb, 0xaa])  // salt
        let records: [UInt8] = [2, 0, 0x61, 0x62, 0, 0, 1, 1, 0x63]
        #expect(Array(bytes[64...]) == records)
        let body = martlet_crc32c(0xaabb_ccdd, records, records.count)
        #expect(Array(bytes[52..<56]) == withUnsafeBytes(of: body.littleEndian, Array.init))
        let head = martlet_crc32c(0xaabb_ccdd, bytes, 60)
        #expect(Array(bytes[60..<64]) == withUnsafeBytes(of: head.littleEndian, Array.init))
    }

    @Test func `a segment's header says where the instance stood`() {
        var out = StreamState(batch: 3, written: LineCount(lines: 5, bytes: 6), open: 7, ended: false)
        let err = StreamState(batch: 9, written: LineCount(lines: 10, bytes: 11), open: 12, ended: true)
        let header = SegmentHeader(
            salt: 1,
            firstSequence: 2,
            time: 4,
            streams: PerStream(stdout: out, stderr: err),
            boot: BootIdentity(high: 13, low: 14)
        )
        var bytes = [UInt8](repeating: 0xff, count: 128)
        bytes.withUnsafeMutableBytes { header.encode(into: $0) }
        func word(_ value: UInt8) -> [UInt8] { [value] + [UInt8](repeating: 0, count: 7) }
        let expected: [UInt8] =
            [0x4d, 0x4c, 0x4f, 0x47, 2, 0, 128, 0]  // "MLOG", version, size
            + word(1) + word(2) + word(4)  // salt and flags, first sequence number, time
            // stdout: batch, lines, bytes, open, ended
            + word(3) + word(5) + word(6) + [7, 0, 0, 0, 0, 0, 0, 0]
            + word(9) + word(10) + word(11) + [12, 0, 0, 0, 1, 0, 0, 0]  // stderr
            + word(13) + word(14) + [UInt8](repeating: 0, count: 12)  // boot, reserved
        #expect(Array(bytes[..<124]) == expected)
        #expect(bytes.withUnsafeBytes { SegmentHeader($0) } == header)
        out.batch = 4
        bytes[32] = 4
        #expect(bytes.withUnsafeBytes { SegmentHeader($0) } == nil)
    }

    @Test func `the checksum is CRC-32C, by instruction and by table`() {
        let digits = Array("123456789".utf8)
        #expect(martlet_crc32c(0, digits, 9) == 0xe306_9283)
        var dice = Dice(state: 1)
        for length in 0..<200 {
            let bytes = (0..<length).map { _ in UInt8.random(in: 0...255, using: &dice) }
            let start = UInt32.random(in: 0...UInt32.max, using: &dice)
            #expect(martlet_crc32c(start, bytes, length) == martlet_crc32c_table(start, bytes, length))
        }
    }

    @Test func `overhead is at most four bytes a line`() throws {
        for length in [0, 1, 127, 128, 16_383, 16_384, 1 << 20] {
            let encoder = BlockEncoder(capacity: 2 << 20)
            let line = [UInt8](repeating: 0x61, count: length) + [0x0a]
            let size = line.withUnsafeBytes {
                encoder.block(
                    of: $0,
                    from: .stdout,
                    state: StreamState(),
                    sequence: 1,
                    time: 0,
                    ends: false,
                    salt: 1
                )
                .bytes.count
            }
            #expect(size - BlockHeader.size - length <= 4)
        }
    }

    @Test func `folders are 0700, files 0600, and links are not followed`() throws {
        let bench = try SpoolBench()
        try bench.append("x\n")
        var folder = stat(), file = stat()
        #expect(stat(bench.path, &folder) == 0 && folder.st_mode & 0o777 == 0o700)
        #expect(stat(try bench.file().path, &file) == 0 && file.st_mode & 0o777 == 0o600)
        #expect(symlink(bench.path, bench.folder.path + "/link") == 0)
        #expect(throws: LogError.self) { try Spool(bench.folder.path + "/link") }
        #expect(throws: LogError.self) { try LogReader(bench.folder.path + "/link") }
    }

    @Test func `a spool has one writer`() throws {
        let bench = try SpoolBench()
        let error = #expect(throws: LogError.self) { try Spool(bench.path) }
        #expect(error?.cause?.errno == EWOULDBLOCK)
    }
}
