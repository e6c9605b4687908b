// SPDX-License-Identifier: Apache-2.0
internal import Glibc
internal import Linux

/// Positioned reads of one segment.
struct SegmentFile: Sendable {
    let descriptor: Descriptor
    /// From the file's name, which outlives a damaged header.
    let firstSequence: UInt64
    /// Nil when the header is damaged or not there yet.
    private(set) var header: SegmentHeader?
    private(set) var salt: UInt32?

    init(_ descriptor: Descriptor, firstSequence: UInt64) throws(LinuxError) {
        self.descriptor = descriptor
        self.firstSequence = firstSequence
        let bytes = try Self.read(descriptor, at: 0, count: SegmentHeader.size)
        header = bytes.withUnsafeBytes { SegmentHeader($0) }
        if header?.firstSequence != firstSequence { header = nil }
        salt = header?.salt
    }

    func size() throws(LinuxError) -> Int {
        var status = stat()
        try check("fstat", "segment", fstat(descriptor.number, &status))
        return Int(status.st_size)
    }

    /// Adopts the salt of the first intact block where the segment's header is damaged.
    mutating func adopt(salt: UInt32) {
        if self.salt == nil { self.salt = salt }
    }

    /// The bytes that are there, at most `count`.
    func read(at offset: Int, count: Int) throws(LinuxError) -> [UInt8] {
        try Self.read(descriptor, at: offset, count: count)
    }

    private static func read(_ descriptor: Descriptor, at offset: Int, count: Int) throws(LinuxError)
        -> [UInt8]
    {
        var failure: LinuxError?
        let bytes = [UInt8](unsafeUninitializedCapacity: count) { buffer, filled in
            while filled < count {
                let got = pread(
                    descriptor.number,
                    buffer.baseAddress.map { $0 + filled },
                    count - filled,
                    off_t(offset + filled)
                )
                if got == 0 { return }
                if got > 0 {
                    filled += got
                } else if errno != EINTR {
                    failure = LinuxError("pread", "segment", errno: errno)
                    return
                }
            }
        }
        if let failure { throw failure }
        return bytes
    }
}
