// SPDX-License-Identifier: Apache-2.0
internal import Glibc
internal import Linux

/// A reader's place in one spool that outlives it: a small file in the spool's own folder, gone with it.
///
/// Two slots are written in turn, so that a torn write leaves the place before. The format is
/// `docs/formats/spool.md`. Belongs to one thread.
public struct LogCursorFile: Sendable {
    private static let magic: UInt32 = 0x5255_434d  // "MCUR"
    private static let slotSize = 256
    private static let salt: UInt32 = 0

    private let descriptor: Descriptor
    private let path: String
    private var generation: UInt64 = 0
    /// The place that was written last; nil if there was none.
    public private(set) var cursor: LogCursor?

    /// Opens the place that a reader of this name has in the spool of a folder, and makes its file if it is new.
    public init(_ folder: String, reader: String) throws(LogError) {
        let path = "\(folder)/\(reader).cursor"
        self.path = path
        descriptor = try attempt(.read, path) { () throws(LinuxError) in
            try Descriptor.open(path, O_RDWR | O_CREAT | O_NOFOLLOW | O_CLOEXEC, mode: 0o600)
        }
        var bytes = [UInt8](repeating: 0, count: 2 * Self.slotSize)
        let count = try attempt(.read, path) { [descriptor] () throws(LinuxError) in
            try retrying("pread", path) { pread(descriptor.number, &bytes, bytes.count, 0) }
        }
        let found = bytes.withUnsafeBytes { all in
            (0..<2).compactMap { slot in
                count >= (slot + 1) * Self.slotSize
                    ? Self.decode(
                        UnsafeRawBufferPointer(
                            rebasing: all[slot * Self.slotSize..<(slot + 1) * Self.slotSize]
                        )
                    )
                    : nil
            }
        }
        if let newest = found.max(by: { $0.generation < $1.generation }) {
            generation = newest.generation
            cursor = newest.cursor
        }
    }

    /// Makes a place the one that is found next time, also if this process is killed at once.
    public mutating func write(_ cursor: LogCursor) throws(LogError) {
        let next = generation + 1
        var bytes = [UInt8](repeating: 0, count: Self.slotSize)
        bytes.withUnsafeMutableBytes { bytes in
            bytes.put(Self.magic, at: 0)
            bytes.put(UInt32(1), at: 4)
            bytes.put(next, at: 8)
            for (place, offset) in [(cursor.places.stdout, 16), (cursor.places.stderr, 104)] {
                bytes.put(place.next, at: offset)
                bytes.put(place.passed.lines, at: offset + 8)
                bytes.put(place.passed.bytes, at: offset + 16)
                bytes.put(UInt64(place.omitted == nil ? 0 : 1), at: offset + 24)
                place.omitted?.encode(
                    into: UnsafeMutableRawBufferPointer(rebasing: bytes[(offset + 32)..<(offset + 88)])
                )
            }
            let covered = UnsafeRawBufferPointer(rebasing: bytes[0..<Self.slotSize - 4])
            bytes.put(Checksum.of(covered, salt: Self.salt), at: Self.slotSize - 4)
        }
        let (file, path, place) = (descriptor.number, path, Int(next % 2) * Self.slotSize)
        try attempt(.read, path) { () throws(LinuxError) in
            let count = try retrying("pwrite", path) { pwrite(file, bytes, bytes.count, off_t(place)) }
            if count < bytes.count { throw LinuxError("pwrite", path, errno: ENOSPC) }
        }
        generation = next
        self.cursor = cursor
    }

    private static func decode(_ slot: UnsafeRawBufferPointer) -> (generation: UInt64, cursor: LogCursor)? {
        let covered = UnsafeRawBufferPointer(rebasing: slot[0..<slotSize - 4])
        guard slot.get(UInt32.self, at: 0) == magic, slot.get(UInt32.self, at: 4) == 1,
            slot.get(UInt32.self, at: slotSize - 4) == Checksum.of(covered, salt: salt)
        else { return nil }
        func place(_ offset: Int) -> LogCursor.Place {
            LogCursor.Place(
                next: slot.get(UInt64.self, at: offset),
                passed: LineCount(
                    lines: slot.get(UInt64.self, at: offset + 8),
                    bytes: slot.get(UInt64.self, at: offset + 16)
                ),
                omitted: slot.get(UInt64.self, at: offset + 24) == 1
                    ? Omissions(Array(slot[(offset + 32)..<(offset + 88)])) : nil
            )
        }
        return (
            slot.get(UInt64.self, at: 8),
            LogCursor(places: PerStream(stdout: place(16), stderr: place(104)))
        )
    }
}
