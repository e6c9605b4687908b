// SPDX-License-Identifier: Apache-2.0

/// The first 128 bytes of a segment: where the instance stood when the segment began.
struct SegmentHeader: Equatable, Sendable {
    static let size = 128
    static let magic: UInt32 = 0x474f_4c4d  // "MLOG"
    /// What is written; 1 had no tables of what was left out.
    static let version: UInt16 = 2
    static let readable: ClosedRange<UInt16> = 1...2

    /// The format of the segment.
    var version = Self.version

    var salt: UInt32
    var firstSequence: UInt64
    /// Realtime nanoseconds at which the segment was made.
    var time: UInt64
    var streams: PerStream<StreamState>
    /// Tells a power loss from a restart, see `Spool.init`.
    var boot: BootIdentity

    func encode(into bytes: UnsafeMutableRawBufferPointer) {
        bytes.initializeMemory(as: UInt8.self, repeating: 0)
        bytes.put(Self.magic, at: 0)
        bytes.put(version, at: 4)
        bytes.put(UInt16(Self.size), at: 6)
        bytes.put(salt, at: 8)
        bytes.put(firstSequence, at: 16)
        bytes.put(time, at: 24)
        for (stream, start) in [(LogStream.stdout, 32), (.stderr, 64)] {
            let state = streams[stream]
            bytes.put(state.batch, at: start)
            bytes.put(state.written.lines, at: start + 8)
            bytes.put(state.written.bytes, at: start + 16)
            bytes.put(state.open, at: start + 24)
            bytes.put(UInt32((state.ended ? 1 : 0) | (state.skips ? 2 : 0)), at: start + 28)
        }
        bytes.put(boot.high, at: 96)
        bytes.put(boot.low, at: 104)
        bytes.put(Checksum.of(UnsafeRawBufferPointer(rebasing: bytes[0..<124]), salt: 0), at: 124)
    }

    /// Nil when the bytes are not an intact header of a version that can be read.
    init?(_ bytes: UnsafeRawBufferPointer) {
        guard bytes.count >= Self.size, bytes.get(UInt32.self, at: 0) == Self.magic,
            Self.readable.contains(bytes.get(UInt16.self, at: 4)),
            bytes.get(UInt16.self, at: 6) == UInt16(Self.size),
            bytes.get(UInt32.self, at: 124)
                == Checksum.of(UnsafeRawBufferPointer(rebasing: bytes[0..<124]), salt: 0)
        else { return nil }
        func state(at start: Int) -> StreamState {
            StreamState(
                batch: bytes.get(UInt64.self, at: start),
                written: LineCount(
                    lines: bytes.get(UInt64.self, at: start + 8),
                    bytes: bytes.get(UInt64.self, at: start + 16)
                ),
                open: bytes.get(UInt32.self, at: start + 24),
                ended: bytes.get(UInt32.self, at: start + 28) & 1 != 0,
                skips: bytes.get(UInt32.self, at: start + 28) & 2 != 0
            )
        }
        version = bytes.get(UInt16.self, at: 4)
        salt = bytes.get(UInt32.self, at: 8)
        firstSequence = bytes.get(UInt64.self, at: 16)
        time = bytes.get(UInt64.self, at: 24)
        streams = PerStream(stdout: state(at: 32), stderr: state(at: 64))
        boot = BootIdentity(high: bytes.get(UInt64.self, at: 96), low: bytes.get(UInt64.self, at: 104))
    }

    init(
        salt: UInt32,
        firstSequence: UInt64,
        time: UInt64,
        streams: PerStream<StreamState>,
        boot: BootIdentity
    ) {
        self.salt = salt
        self.firstSequence = firstSequence
        self.time = time
        self.streams = streams
        self.boot = boot
    }
}
