// SPDX-License-Identifier: Apache-2.0
internal import Linux

/// Walks the blocks of a segment from header to header; bodies are read only on request.
struct BlockScan: Sendable {
    enum Found: Equatable {
        case block(BlockHeader)
        /// Bytes that are no block; the scan has moved to the next intact header.
        case damage
        /// Nothing more that is whole: the end, or a block that is still being written.
        case end
    }

    private(set) var file: SegmentFile
    private(set) var offset = SegmentHeader.size
    private var window: [UInt8] = []
    private var windowStart = 0
    private static let windowSize = 16_384

    init(_ file: SegmentFile) { self.file = file }

    /// What stands at the current offset; does not move past a block.
    mutating func peek() throws(LinuxError) -> Found {
        let start = offset
        if let header = try header(at: offset) {
            if header.size <= (try file.size()) - offset { return .block(header) }
            forget()
            return .end
        }
        // Not an intact header: look for the next one.
        defer { forget() }
        let size = try file.size()
        guard size - start > BlockHeader.size else { return .end }
        var candidate = start + 1
        while candidate + BlockHeader.size <= size {
            guard try fill(from: candidate) else { break }
            let base = candidate - windowStart
            let last = window.count - BlockHeader.size
            var hit: Int?
            for position in base...last where window[position] == UInt8(BlockHeader.magic & 0xff) {
                guard let header = parse(at: position) else { continue }
                // A header whose body is not there may be text of a torn block: it does not count.
                if windowStart + position + header.size <= size {
                    hit = windowStart + position
                    break
                }
            }
            if let hit {
                offset = hit
                return .damage
            }
            candidate = windowStart + last + 1
        }
        return .end
    }

    /// Moves behind a block that `peek` has found.
    mutating func pass(_ header: BlockHeader) { offset += header.size }

    /// Whether there is a block to read after all.
    func isBehind() throws(LinuxError) -> Bool {
        var again = self
        return try again.peek() != .end
    }

    /// Reads headers anew: a torn block at the end may since have been replaced.
    mutating func forget() { window = [] }

    /// The records of the block at the current offset, or nil when they are damaged.
    func body(of header: BlockHeader) throws(LinuxError) -> [UInt8]? {
        let bytes = try file.read(at: offset + BlockHeader.size, count: Int(header.length))
        guard bytes.count == Int(header.length), let salt = file.salt,
            bytes.withUnsafeBytes({ Checksum.of($0, salt: salt) }) == header.checksum
        else { return nil }
        return bytes
    }

    private mutating func header(at position: Int) throws(LinuxError) -> BlockHeader? {
        guard try fill(from: position) else { return nil }
        return parse(at: position - windowStart)
    }

    private mutating func parse(at position: Int) -> BlockHeader? {
        window.withUnsafeBytes { bytes in
            let slice = UnsafeRawBufferPointer(rebasing: bytes[position...])
            guard let header = BlockHeader(slice, salt: file.salt) else { return nil }
            file.adopt(salt: slice.get(UInt32.self, at: 56))
            return header
        }
    }

    /// Makes the window hold a header's bytes at `position`; false when the file does not.
    private mutating func fill(from position: Int) throws(LinuxError) -> Bool {
        if position >= windowStart, position + BlockHeader.size <= windowStart + window.count { return true }
        window = try file.read(at: position, count: Self.windowSize)
        windowStart = position
        if window.isEmpty { window = [] }  // gives its memory back
        return window.count >= BlockHeader.size
    }
}
