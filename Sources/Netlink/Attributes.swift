// SPDX-License-Identifier: Apache-2.0

/// The attributes of a received message by type; what is cut short or overlong ends the list.
struct Attributes {
    private var payloads: [UInt16: ArraySlice<UInt8>] = [:]

    init(_ bytes: ArraySlice<UInt8>) {
        var rest = bytes
        while let length = rest.integer(at: 0, UInt16.self), let type = rest.integer(at: 2, UInt16.self),
            length >= 4, Int(length) <= rest.count
        {
            payloads[type & 0x3fff] = rest.dropFirst(4).prefix(Int(length) - 4)
            rest = rest.dropFirst((Int(length) + 3) & ~3)
        }
    }

    func bytes(_ type: UInt16) -> ArraySlice<UInt8>? { payloads[type] }

    func word(_ type: UInt16) -> UInt32? { payloads[type]?.integer(at: 0, UInt32.self) }

    func string(_ type: UInt16) -> String? {
        payloads[type].map { String(decoding: $0.prefix { $0 != 0 }, as: UTF8.self) }
    }

    func nested(_ type: UInt16) -> Attributes? { payloads[type].map(Attributes.init) }
}

extension ArraySlice<UInt8> {
    /// The integer in the machine's byte order at that distance from the start, if it is there.
    func integer<Value: FixedWidthInteger>(at offset: Int, _ type: Value.Type) -> Value? {
        guard offset >= 0, offset + MemoryLayout<Value>.size <= count else { return nil }
        return withUnsafeBytes { $0.loadUnaligned(fromByteOffset: offset, as: Value.self) }
    }
}
