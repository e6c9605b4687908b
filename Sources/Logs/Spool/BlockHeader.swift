// SPDX-License-Identifier: Apache-2.0

/// The 64 bytes before the records of one batch; enough to pass over the block without reading it.
struct BlockHeader: Equatable, Sendable {
    static let size = 64
    static let magic: UInt32 = 0x4b4c_424d  // "MBLK"
    /// More than any writer makes: a batch of empty lines grows to twice its size.
    static let maximumLength = 4 << 20

    /// Bytes of the records that follow.
    var length: UInt32
    var firstSequence: UInt64
    var batch: UInt64
    /// Realtime nanoseconds of the read.
    var time: UInt64
    var records: UInt32
    var lines: UInt32
    /// Bytes of log text in the records.
    var bytes: UInt32
    /// Bytes of the stream's unterminated line after this block.
    var open: UInt32
    var stream: LogStream
    /// No more comes from this stream.
    var endsStream: Bool
    /// The records come behind a table of what was left out, see `Omissions`.
    var hasTable = false
    /// The line that was open ends here: its rest was left out.
    var cuts = false
    /// The stream goes on in the middle of a line that was left out.
    var skips = false
    var checksum: UInt32

    /// Where in the body the records begin.
    var recordsOffset: Int { hasTable ? Omissions.size : 0 }
    var count: LineCount { LineCount(lines: UInt64(lines), bytes: UInt64(bytes)) }
    var nextSequence: UInt64 { firstSequence &+ UInt64(records) }
    var size: Int { Self.size + Int(length) }

    func encode(into bytes: UnsafeMutableRawBufferPointer, salt: UInt32) {
        bytes.put(Self.magic, at: 0)
        bytes.put(length, at: 4)
        bytes.put(firstSequence, at: 8)
        bytes.put(batch, at: 16)
        bytes.put(time, at: 24)
        bytes.put(records, at: 32)
        bytes.put(lines, at: 36)
        bytes.put(self.bytes, at: 40)
        bytes.put(open, at: 44)
        bytes.put(stream.rawValue, at: 48)
        let flags = (endsStream ? 1 : 0) | (hasTable ? 2 : 0) | (cuts ? 4 : 0) | (skips ? 8 : 0)
        bytes.put(UInt8(flags), at: 49)
        bytes.put(UInt16(0), at: 50)
        bytes.put(checksum, at: 52)
        bytes.put(salt, at: 56)
        bytes.put(Checksum.of(UnsafeRawBufferPointer(rebasing: bytes[0..<60]), salt: salt), at: 60)
    }

    /// Nil when the bytes are not an intact header of a segment with this salt (any salt when nil).
    init?(_ bytes: UnsafeRawBufferPointer, salt expected: UInt32?) {
        guard bytes.count >= Self.size, bytes.get(UInt32.self, at: 0) == Self.magic else { return nil }
        let salt = bytes.get(UInt32.self, at: 56)
        guard expected == nil || expected == salt,
            bytes.get(UInt32.self, at: 60)
                == Checksum.of(UnsafeRawBufferPointer(rebasing: bytes[0..<60]), salt: salt),
            let stream = LogStream(rawValue: bytes[48])
        else { return nil }
        length = bytes.get(UInt32.self, at: 4)
        guard length <= UInt32(Self.maximumLength) else { return nil }
        firstSequence = bytes.get(UInt64.self, at: 8)
        batch = bytes.get(UInt64.self, at: 16)
        time = bytes.get(UInt64.self, at: 24)
        records = bytes.get(UInt32.self, at: 32)
        lines = bytes.get(UInt32.self, at: 36)
        self.bytes = bytes.get(UInt32.self, at: 40)
        open = bytes.get(UInt32.self, at: 44)
        self.stream = stream
        endsStream = bytes[49] & 1 != 0
        hasTable = bytes[49] & 2 != 0
        cuts = bytes[49] & 4 != 0
        skips = bytes[49] & 8 != 0
        checksum = bytes.get(UInt32.self, at: 52)
    }

    init(
        length: UInt32,
        firstSequence: UInt64,
        batch: UInt64,
        time: UInt64,
        records: UInt32,
        lines: UInt32,
        bytes: UInt32,
        open: UInt32,
        stream: LogStream,
        endsStream: Bool,
        hasTable: Bool = false,
        cuts: Bool = false,
        skips: Bool = false,
        checksum: UInt32
    ) {
        self.length = length
        self.firstSequence = firstSequence
        self.batch = batch
        self.time = time
        self.records = records
        self.lines = lines
        self.bytes = bytes
        self.open = open
        self.stream = stream
        self.endsStream = endsStream
        self.hasTable = hasTable
        self.cuts = cuts
        self.skips = skips
        self.checksum = checksum
    }
}
