// SPDX-License-Identifier: Apache-2.0

/// A frame of HTTP/2 (RFC 9113, 4.1).
struct HTTP2Frame: Equatable, Sendable {
    /// RFC 9113, 4.2: the size up to which everyone takes frames, and we do.
    static let largest = 16_384
    static let head = 9

    enum Kind {
        static let data: UInt8 = 0
        static let headers: UInt8 = 1
        static let reset: UInt8 = 3
        static let settings: UInt8 = 4
        static let ping: UInt8 = 6
        static let goAway: UInt8 = 7
    }

    enum Flag {
        static let acknowledge: UInt8 = 0x1
        static let endStream: UInt8 = 0x1
        static let endHeaders: UInt8 = 0x4
        static let padded: UInt8 = 0x8
    }

    var kind: UInt8
    var flags: UInt8 = 0
    var stream: UInt32 = 0
    var payload: [UInt8] = []

    var bytes: [UInt8] {
        let size = UInt32(payload.count)
        return [UInt8(truncatingIfNeeded: size >> 16), UInt8(truncatingIfNeeded: size >> 8)]
            + [UInt8(truncatingIfNeeded: size), kind, flags]
            + (0..<4).map { UInt8(truncatingIfNeeded: stream >> (24 - 8 * UInt32($0))) } + payload
    }

    /// Takes the first frame from some bytes; nil if it is not whole yet.
    ///
    /// Throws if it is larger than we take.
    static func next(in bytes: inout [UInt8]) throws(TooLarge) -> HTTP2Frame? {
        guard bytes.count >= head else { return nil }
        let size = Int(bytes[0]) << 16 | Int(bytes[1]) << 8 | Int(bytes[2])
        guard size <= largest else { throw TooLarge() }
        guard bytes.count >= head + size else { return nil }
        let stream = bytes[5..<9].reduce(UInt32(0)) { $0 << 8 | UInt32($1) } & 0x7fff_ffff
        let frame = HTTP2Frame(
            kind: bytes[3],
            flags: bytes[4],
            stream: stream,
            payload: Array(bytes[head..<(head + size)])
        )
        bytes.removeFirst(head + size)
        return frame
    }

    struct TooLarge: Error {}

    /// The payload of a DATA frame without its padding; nil if that does not fit.
    var content: ArraySlice<UInt8>? {
        guard flags & Flag.padded != 0 else { return payload[...] }
        guard let padding = payload.first, Int(padding) < payload.count else { return nil }
        return payload[1..<(payload.count - Int(padding))]
    }
}
