// SPDX-License-Identifier: Apache-2.0
internal import Linux

/// How a secret may look in a line: as it is, and as programs encode it.
///
/// Of one with several lines each line is looked for.
struct SecretForms {
    /// A text to be looked for, and the name of its secret.
    struct Literal: Hashable {
        var bytes: [UInt8]
        var name: String
    }

    private(set) var all: [Literal] = []
    private(set) var unwatched: [String] = []
    private var seen: Set<[UInt8]> = []
    private var room = Self.mostBytes

    /// Less would be found everywhere.
    static let shortest = 4
    /// A fragment of an encoding, which stands for less.
    private static let shortestEncoded = 6
    /// A longer line is looked for in pieces: what waits for the rest of a line is bounded.
    static let longest = 4_096
    /// Of all literals of an instance.
    private static let mostBytes = 1 << 20

    init(_ secrets: [LineRules.Secret]) {
        for secret in secrets {
            let count = all.count, before = room
            secret.content.withBytes { add(Array($0), secret.name) }
            if room < 0 {
                // What does not fit as a whole is not looked for in part.
                all.removeSubrange(count...)
                room = before
                unwatched.append(secret.name)
            }
        }
    }

    private mutating func add(_ content: [UInt8], _ name: String) {
        for line in content.split(whereSeparator: { $0 == 0x0a || $0 == 0x0d || $0 == 0 }) {
            guard room >= 0 else { return }
            let line = Array(line)
            add(line, name, pieces: Self.longest, least: Self.shortest)
            add(Self.percentEncoded(line), name, pieces: Self.longest, least: Self.shortest)
            add(Self.escaped(line), name, pieces: Self.longest, least: Self.shortest)
        }
        var whole = content[...]
        while let last = whole.last, last == 0x0a || last == 0x0d { whole.removeLast() }
        guard whole.count >= Self.shortest, room >= 0 else { return }
        for alphabet in [Self.standard, Self.urlSafe] {
            // Where it begins in what is encoded is not known: there are three ways.
            for shift in 0..<3 {
                let text = Self.base64(whole, shift: shift, alphabet)
                add(text, name, pieces: 76, least: Self.shortestEncoded)
                // Lines are broken after 76 characters, or after 64.
                if shift == 0 { add(text, name, pieces: 64, least: Self.shortestEncoded) }
            }
        }
    }

    private mutating func add(_ text: [UInt8], _ name: String, pieces: Int, least: Int) {
        var start = 0
        while text.count - start >= least, room >= 0 {
            let piece = Array(text[start..<min(text.count, start + pieces)])
            start += pieces
            guard seen.insert(piece).inserted else { continue }
            room -= piece.count
            all.append(Literal(bytes: piece, name: name))
        }
    }

    // MARK: Encodings

    private static let standard = Array(
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/".utf8
    )
    private static let urlSafe = Array(
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_".utf8
    )

    /// The characters of RFC 4648 that depend on these bytes alone, when `shift` others stand before them.
    static func base64(_ bytes: ArraySlice<UInt8>, shift: Int, _ alphabet: [UInt8]) -> [UInt8] {
        var text: [UInt8] = []
        text.reserveCapacity(bytes.count * 4 / 3 + 4)
        var bits: UInt32 = 0, count = 0
        for byte in bytes {
            bits = bits << 8 | UInt32(byte)
            count += 8
            if text.isEmpty, count == 8, shift > 0 {
                // Of the first character that holds some of it the other bits are unknown.
                count -= shift == 1 ? 4 : 2
            }
            while count >= 6 {
                count -= 6
                text.append(alphabet[Int(bits >> UInt32(count) & 63)])
            }
        }
        return text
    }

    /// RFC 3986: everything but unreserved characters as `%2B`.
    private static func percentEncoded(_ bytes: [UInt8]) -> [UInt8] {
        let digits = Array("0123456789ABCDEF".utf8)
        return bytes.flatMap { byte -> [UInt8] in
            let letter = byte | 0x20
            let isPlain =
                (0x61...0x7a).contains(letter) && byte < 0x80 || (0x30...0x39).contains(byte)
                || "-._~".utf8.contains(byte)
            return isPlain ? [byte] : [0x25, digits[Int(byte >> 4)], digits[Int(byte & 15)]]
        }
    }

    /// As it stands in a string of JSON.
    private static func escaped(_ bytes: [UInt8]) -> [UInt8] {
        bytes.flatMap { byte -> [UInt8] in
            switch byte {
            case 0x22, 0x5c: [0x5c, byte]
            case 0x09: [0x5c, 0x74]
            default: [byte]
            }
        }
    }
}
