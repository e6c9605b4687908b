// SPDX-License-Identifier: Apache-2.0

/// Collects a message in the wire format of protobuf, field by field as its caller says: it knows no schema.
struct ProtobufText {
    /// What was collected.
    var bytes: [UInt8] = []

    /// Nothing, with room for so many bytes.
    init(capacity: Int = 0) { bytes.reserveCapacity(capacity) }

    /// Appends an integer, seven bits a byte.
    mutating func field(_ number: Int, _ value: UInt64) {
        varint(UInt64(number << 3))
        varint(value)
    }

    /// Appends 64 bits.
    mutating func field(_ number: Int, fixed value: UInt64) {
        varint(UInt64(number << 3 | 1))
        withUnsafeBytes(of: value.littleEndian) { bytes.append(contentsOf: $0) }
    }

    /// Begins a string, bytes or a message of so many bytes, which are appended behind it.
    mutating func field(_ number: Int, count: Int) {
        varint(UInt64(number << 3 | 2))
        varint(UInt64(count))
    }

    /// Appends bytes, or a message that was collected.
    mutating func field(_ number: Int, _ value: [UInt8]) {
        field(number, count: value.count)
        bytes += value
    }

    /// Appends a string.
    mutating func field(_ number: Int, _ value: String) {
        var value = value
        value.withUTF8 { text in
            field(number, count: text.count)
            bytes.append(contentsOf: text)
        }
    }

    private mutating func varint(_ value: UInt64) {
        var rest = value
        while rest >= 0x80 {
            bytes.append(UInt8(truncatingIfNeeded: rest) | 0x80)
            rest >>= 7
        }
        bytes.append(UInt8(rest))
    }

    // MARK: Reading

    /// The value of a field.
    enum Value: Equatable {
        /// An integer, or 32 or 64 bits.
        case number(UInt64)
        /// A string, bytes or a message.
        case bytes([UInt8])
    }

    /// The fields of a message, in order; nil for what is none.
    static func fields(_ message: [UInt8]) -> [(number: UInt64, value: Value)]? {
        var fields: [(UInt64, Value)] = [], index = 0
        while index < message.count {
            guard let tag = varint(message, &index), tag >> 3 > 0 else { return nil }
            switch tag & 7 {
            case 0:
                guard let value = varint(message, &index) else { return nil }
                fields.append((tag >> 3, .number(value)))
            case 1, 5:
                let count = tag & 7 == 1 ? 8 : 4
                guard message.count - index >= count else { return nil }
                let value = message[index..<index + count].reversed().reduce(0) { $0 << 8 | UInt64($1) }
                fields.append((tag >> 3, .number(value)))
                index += count
            case 2:
                guard let count = varint(message, &index), count <= UInt64(message.count - index) else {
                    return nil
                }
                fields.append((tag >> 3, .bytes(Array(message[index..<index + Int(count)]))))
                index += Int(count)
            default: return nil
            }
        }
        return fields
    }

    private static func varint(_ message: [UInt8], _ index: inout Int) -> UInt64? {
        var value: UInt64 = 0
        for shift in stride(from: 0, to: 64, by: 7) {
            guard index < message.count else { return nil }
            let byte = message[index]
            index += 1
            // The tenth byte has the one bit that is left.
            guard shift < 63 || byte <= 1 else { return nil }
            value |= UInt64(byte & 0x7F) << UInt64(shift)
            if byte < 0x80 { return value }
        }
        return nil
    }
}
