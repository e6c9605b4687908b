// SPDX-License-Identifier: Apache-2.0

/// A value of MessagePack that a receiver said, of which little is expected and nothing believed.
indirect enum MessagePackValue: Equatable {
    case null
    case bool(Bool)
    case integer(Int64)
    case natural(UInt64)
    /// A real number, a time or another extension: nothing that is asked for.
    case other
    /// A string or bytes: older writers do not tell them apart.
    case bytes([UInt8])
    case array([MessagePackValue])
    case map([Pair])

    /// A key with its value.
    struct Pair: Equatable {
        let key: MessagePackValue
        let value: MessagePackValue
    }

    /// What is not MessagePack, or more of it than is believed.
    struct Flaw: Error, Equatable { let text: String }

    /// The value of a key of a map, the last of several; nil for what is no map.
    subscript(key: String) -> MessagePackValue? {
        guard case .map(let pairs) = self else { return nil }
        return pairs.last { $0.key == .bytes(Array(key.utf8)) }?.value
    }

    /// The bytes of a string.
    var bytes: [UInt8]? {
        guard case .bytes(let bytes) = self else { return nil }
        return bytes
    }

    /// A string for a message: printable ASCII, not long.
    var shown: String {
        let text = (bytes ?? []).prefix(200).map { 0x20..<0x7F ~= $0 ? $0 : UInt8(ascii: "?") }
        return String(decoding: text, as: UTF8.self)
    }
}

/// Reads values from the beginning of what has come so far.
struct MessagePackReader {
    /// Arrays and maps in each other.
    private static let maximumDepth = 8
    private let bytes: [UInt8]
    /// Where the next value begins.
    private(set) var index = 0

    /// Reads from the beginning.
    init(_ bytes: [UInt8]) { self.bytes = bytes }

    /// The next value; nil if its end has not come yet.
    mutating func next() throws(MessagePackValue.Flaw) -> MessagePackValue? {
        let start = index
        guard let value = try value(depth: 0) else {
            index = start
            return nil
        }
        return value
    }

    private mutating func value(depth: Int) throws(MessagePackValue.Flaw) -> MessagePackValue? {
        guard depth <= Self.maximumDepth else { throw .init(text: "arrays in arrays without end") }
        guard let first = number(1) else { return nil }
        switch UInt8(first) {
        case 0x00...0x7F: return .natural(first)
        case 0x80...0x8F: return try map(first & 15, depth)
        case 0x90...0x9F: return try array(first & 15, depth)
        case 0xA0...0xBF: return take(first & 31).map { .bytes($0) }
        case 0xC0: return .null
        case 0xC1: throw .init(text: "a byte that begins no value")
        case 0xC2: return .bool(false)
        case 0xC3: return .bool(true)
        case 0xC4, 0xD9: return sized(1)
        case 0xC5, 0xDA: return sized(2)
        case 0xC6, 0xDB: return sized(4)
        case 0xC7...0xC9:
            // The length is that of what follows the type.
            guard let size = number(1 << Int(first - 0xC7)) else { return nil }
            return take(size + 1).map { _ in .other }
        case 0xCA: return take(4).map { _ in .other }
        case 0xCB: return take(8).map { _ in .other }
        case 0xCC...0xCF: return number(1 << Int(first - 0xCC)).map { .natural($0) }
        case 0xD0: return number(1).map { .integer(Int64(Int8(truncatingIfNeeded: $0))) }
        case 0xD1: return number(2).map { .integer(Int64(Int16(truncatingIfNeeded: $0))) }
        case 0xD2: return number(4).map { .integer(Int64(Int32(truncatingIfNeeded: $0))) }
        case 0xD3: return number(8).map { .integer(Int64(bitPattern: $0)) }
        case 0xD4...0xD8: return take(1 + 1 << (first - 0xD4)).map { _ in .other }
        case 0xDC:
            guard let count = number(2) else { return nil }
            return try array(count, depth)
        case 0xDD:
            guard let count = number(4) else { return nil }
            return try array(count, depth)
        case 0xDE:
            guard let count = number(2) else { return nil }
            return try map(count, depth)
        case 0xDF:
            guard let count = number(4) else { return nil }
            return try map(count, depth)
        default: return .integer(Int64(Int8(truncatingIfNeeded: first)))
        }
    }

    // Room is made for what has come, not for what is announced.
    private mutating func array(
        _ count: UInt64,
        _ depth: Int
    ) throws(MessagePackValue.Flaw) -> MessagePackValue? {
        var values: [MessagePackValue] = []
        for _ in 0..<count {
            guard let value = try value(depth: depth + 1) else { return nil }
            values.append(value)
        }
        return .array(values)
    }

    private mutating func map(
        _ count: UInt64,
        _ depth: Int
    ) throws(MessagePackValue.Flaw) -> MessagePackValue? {
        var pairs: [MessagePackValue.Pair] = []
        for _ in 0..<count {
            guard let key = try value(depth: depth + 1), let value = try value(depth: depth + 1) else {
                return nil
            }
            pairs.append(.init(key: key, value: value))
        }
        return .map(pairs)
    }

    private mutating func sized(_ width: Int) -> MessagePackValue? {
        number(width).flatMap { take($0) }.map { .bytes($0) }
    }

    private mutating func take(_ count: UInt64) -> [UInt8]? {
        guard count <= UInt64(bytes.count - index) else { return nil }
        defer { index += Int(count) }
        return Array(bytes[index..<index + Int(count)])
    }

    private mutating func number(_ width: Int) -> UInt64? {
        take(UInt64(width)).map { $0.reduce(0) { $0 << 8 | UInt64($1) } }
    }
}
