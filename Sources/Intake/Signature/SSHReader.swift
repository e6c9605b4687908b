// SPDX-License-Identifier: Apache-2.0

/// Reads the data types of SSH (RFC 4251, section 5) from bytes.
struct SSHReader {
    private var rest: ArraySlice<UInt8>

    init(_ bytes: [UInt8]) { rest = bytes[...] }

    /// Whether all was read.
    var isAtEnd: Bool { rest.isEmpty }

    mutating func bytes(_ count: Int) -> [UInt8]? {
        guard count <= rest.count else { return nil }
        defer { rest = rest.dropFirst(count) }
        return Array(rest.prefix(count))
    }

    mutating func number() -> UInt32? { bytes(4)?.reduce(0) { $0 << 8 | UInt32($1) } }

    mutating func string() -> [UInt8]? { number().flatMap { bytes(Int($0)) } }

    /// A string of printable ASCII, not longer than any name that we know.
    mutating func name() -> String? {
        guard let bytes = string(), bytes.count <= 255, bytes.allSatisfy({ $0 >= 0x20 && $0 < 0x7F }) else {
            return nil
        }
        return String(decoding: bytes, as: UTF8.self)
    }

    /// A whole number that is greater than zero, in its shortest form, as DER writes one too.
    mutating func positive() -> [UInt8]? {
        guard let bytes = string(), let first = bytes.first, first < 0x80 else { return nil }
        if first == 0 { guard bytes.count > 1, bytes[1] >= 0x80 else { return nil } }
        return bytes
    }

    /// The length and the bytes of a string.
    static func written(_ bytes: [UInt8]) -> [UInt8] {
        let count = UInt32(bytes.count)
        return [24, 16, 8, 0].map { UInt8(truncatingIfNeeded: count >> $0) } + bytes
    }
}
