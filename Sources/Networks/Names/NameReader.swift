// SPDX-License-Identifier: Apache-2.0

/// Reads the parts of a name packet; every step is bounded, and nil is a packet cut short or ill-formed.
struct NameReader {
    struct Record {
        let isRoot: Bool
        let type: UInt16
        let kind: UInt16
        let timeToLive: UInt32
    }

    private let bytes: [UInt8]
    private(set) var position: Int

    init(_ bytes: [UInt8], at position: Int) {
        self.bytes = bytes
        self.position = position
    }

    mutating func byte() -> UInt8? {
        guard position < bytes.count else { return nil }
        defer { position += 1 }
        return bytes[position]
    }

    mutating func word() -> UInt16? {
        guard let high = byte(), let low = byte() else { return nil }
        return UInt16(high) << 8 | UInt16(low)
    }

    mutating func long() -> UInt32? {
        guard let high = word(), let low = word() else { return nil }
        return UInt32(high) << 16 | UInt32(low)
    }

    /// A name without compression, in lower case; a byte that no host name has becomes `?`, which no record has.
    mutating func plainName() -> String? {
        var labels: [String] = []
        var length = 0
        while let count = byte() {
            if count == 0 { return labels.joined(separator: ".") }
            length += Int(count) + 1
            guard count < 64, length < 255, position + Int(count) <= bytes.count else { return nil }
            let text = bytes[position..<position + Int(count)].map { byte -> UInt8 in
                switch byte {
                case UInt8(ascii: "A")...UInt8(ascii: "Z"): byte | 0x20
                case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "0")...UInt8(ascii: "9"),
                    UInt8(ascii: "-"), UInt8(ascii: "_"):
                    byte
                default: UInt8(ascii: "?")
                }
            }
            labels.append(String(decoding: text, as: UTF8.self))
            position += Int(count)
        }
        return nil
    }

    /// A resource record; its name may end in a compression pointer, which is not followed: so no loop can be.
    mutating func record() -> Record? {
        let start = position
        guard skipName() else { return nil }
        let isRoot = position == start + 1
        guard let type = word(), let kind = word(), let timeToLive = long(), let length = word(),
            position + Int(length) <= bytes.count
        else { return nil }
        position += Int(length)
        return Record(isRoot: isRoot, type: type, kind: kind, timeToLive: timeToLive)
    }

    private mutating func skipName() -> Bool {
        var length = 0
        while let count = byte() {
            switch count {
            case 0: return true
            case 0xc0...: return byte() != nil
            case 1..<64:
                length += Int(count) + 1
                position += Int(count)
                guard length < 255, position <= bytes.count else { return false }
            default: return false
            }
        }
        return false
    }
}
