// SPDX-License-Identifier: Apache-2.0

/// Reads what a `ByteWriter` wrote, and believes none of it.
struct ByteReader {
    private let bytes: [UInt8]
    private(set) var position: Int
    private let end: Int

    init(_ bytes: [UInt8]) {
        self.bytes = bytes
        position = 0
        end = bytes.count
    }

    /// How many bytes are left.
    var rest: Int { end - position }

    mutating func take<Number: FixedWidthInteger>(_ type: Number.Type) throws(FormatFlaw) -> Number {
        let start = try skip(MemoryLayout<Number>.size)
        return bytes.withUnsafeBytes {
            Number(littleEndian: $0.loadUnaligned(fromByteOffset: start, as: Number.self))
        }
    }

    mutating func take(_ count: Int) throws(FormatFlaw) -> ArraySlice<UInt8> {
        let start = try skip(count)
        return bytes[start..<position]
    }

    mutating func takeName() throws(FormatFlaw) -> ContentName {
        let start = try skip(ContentName.size)
        return bytes.withUnsafeBytes { ContentName(bytes: $0, at: start) }
    }

    mutating func takePackName() throws(FormatFlaw) -> PackName {
        guard let name = PackName(bytes: try take(PackName.size)) else { throw FormatFlaw("names no pack") }
        return name
    }

    /// A number that was written as short as it goes, up to a bound.
    mutating func takeVarying(_ what: String, limit: UInt64 = .max) throws(FormatFlaw) -> UInt64 {
        var value: UInt64 = 0
        var shift: UInt64 = 0
        while true {
            guard position < end else { throw FormatFlaw("ends within its \(what)") }
            let byte = bytes[position]
            position += 1
            guard shift < 63 || byte <= 1, shift == 0 || byte != 0 else {
                throw FormatFlaw("its \(what) is not a number as it is written here")
            }
            value |= UInt64(byte & 0x7F) << shift
            if byte & 0x80 == 0 { break }
            shift += 7
        }
        guard value <= limit else { throw FormatFlaw("its \(what) is \(value), more than \(limit)") }
        return value
    }

    mutating func takeCount(_ what: String, limit: Int) throws(FormatFlaw) -> Int {
        Int(try takeVarying(what, limit: UInt64(limit)))
    }

    mutating func takeSigned(_ what: String) throws(FormatFlaw) -> Int64 {
        let raw = try takeVarying(what)
        return Int64(bitPattern: raw >> 1) ^ -Int64(bitPattern: raw & 1)
    }

    mutating func takeCounted(_ what: String, limit: Int) throws(FormatFlaw) -> [UInt8] {
        Array(try take(takeCount(what, limit: limit)))
    }

    mutating func expect(_ magic: String) throws(FormatFlaw) {
        guard rest >= magic.utf8.count, try take(magic.utf8.count).elementsEqual(magic.utf8) else {
            throw FormatFlaw("does not begin with \(magic)")
        }
    }

    func expectEnd() throws(FormatFlaw) {
        guard rest == 0 else { throw FormatFlaw("has \(rest) bytes too many") }
    }

    private mutating func skip(_ count: Int) throws(FormatFlaw) -> Int {
        guard count <= rest else { throw FormatFlaw("ends \(count - rest) bytes too early") }
        defer { position += count }
        return position
    }
}
