// SPDX-License-Identifier: Apache-2.0
internal import CIsal

/// Packs payloads by ISA-L, each whole and for itself.
final class Deflater {
    /// What is put around the packed bytes.
    enum Format {
        /// A member of gzip, with a CRC-32 (RFC 1952).
        case gzip
        /// A stream of zlib, with an Adler-32 (RFC 1950).
        case zlib
    }

    private let format: Format
    private let level: Int32
    private let state: UnsafeMutableRawPointer

    /// Packs at a level from 1, the fastest, to 3.
    init(_ format: Format, level: Int = 1) {
        self.format = format
        self.level = Int32(min(max(level, 1), 3))
        state = .allocate(byteCount: martlet_deflate_size(self.level), alignment: 64)
    }

    deinit { state.deallocate() }

    /// The packed bytes; nil for 4 GiB and more.
    func pack(_ bytes: [UInt8]) -> [UInt8]? {
        // What does not shrink is stored, in blocks of 65,535 bytes with 5 before each (RFC 1951, section 3.2.4).
        let room = bytes.count + 5 * (bytes.count / 65_535 + 1) + 256
        guard let count = UInt32(exactly: bytes.count), let limit = UInt32(exactly: room) else { return nil }
        var length = -1
        let packed = [UInt8](unsafeUninitializedCapacity: room) { buffer, filled in
            length = martlet_deflate(
                state,
                level,
                format == .gzip ? IGZIP_GZIP : IGZIP_ZLIB,
                bytes,
                count,
                buffer.baseAddress,
                limit
            )
            filled = max(0, length)
        }
        return length < 0 ? nil : packed
    }
}
