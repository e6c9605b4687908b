// SPDX-License-Identifier: Apache-2.0

/// The header of an age file: for whom it is, and what vouches for that (age v1, "Header").
struct AgeHeader {
    /// The file key, wrapped for one recipient.
    struct Stanza {
        var kind: String
        var arguments: [String]
        var body: [UInt8]
    }

    static let version = "age-encryption.org/v1"
    private static let maximumBytes = 64 << 10
    private static let maximumStanzas = 256

    private(set) var stanzas: [Stanza] = []
    /// What the code vouches for: all lines, and the three dashes of the last.
    let signed: [UInt8]
    let code: [UInt8]
    /// Where the payload begins.
    let length: Int

    init(_ file: [UInt8]) throws(AgeFault) {
        guard file.starts(with: Self.version.utf8) else { throw .foreign }
        var reader = Lines(bytes: file[..<min(file.count, Self.maximumBytes)])
        guard try reader.next() == Self.version else { throw .foreign }
        while true {
            let start = reader.at
            let words = try reader.next().split(separator: " ", omittingEmptySubsequences: false)
            if words.first == "---" {
                guard words.count == 2, let code = Self.bytes(words[1]), code.count == 32 else {
                    throw .malformed("its code has not 32 bytes")
                }
                guard !stanzas.isEmpty else { throw .malformed("it has no recipient") }
                self.code = code
                signed = Array(file[..<(start + 3)])
                length = reader.at
                break
            }
            guard words.first == "->", words.count >= 2, stanzas.count < Self.maximumStanzas,
                words.dropFirst().allSatisfy({ word in
                    !word.isEmpty && word.utf8.allSatisfy { (33...126).contains($0) }
                })
            else { throw .malformed("line of a recipient") }
            stanzas.append(
                Stanza(
                    kind: String(words[1]),
                    arguments: words.dropFirst(2).map(String.init),
                    body: try Self.body(&reader)
                )
            )
        }
    }

    /// Lines of 64 letters, and a shorter one at the end, which may be empty.
    private static func body(_ reader: inout Lines) throws(AgeFault) -> [UInt8] {
        var text = ""
        while true {
            let line = try reader.next()
            guard line.utf8.count <= 64 else { throw .malformed("a line is longer than 64 letters") }
            text += line
            if line.utf8.count < 64 { break }
        }
        guard let body = bytes(text[...]) else { throw .malformed("a body is not Base64") }
        return body
    }

    /// Base64 without padding, in its one spelling.
    static func bytes(_ text: Substring) -> [UInt8]? {
        guard !text.contains("=") else { return nil }
        return Base64.decode(
            Array(text.utf8) + [UInt8](repeating: UInt8(ascii: "="), count: (4 - text.utf8.count % 4) % 4)
        )
    }

    /// Lines of ASCII, each ended by a line feed.
    private struct Lines {
        let bytes: ArraySlice<UInt8>
        var at = 0

        mutating func next() throws(AgeFault) -> String {
            guard at <= bytes.count, let end = bytes[at...].firstIndex(of: 0x0a) else {
                throw .malformed("its header has no end")
            }
            defer { at = end + 1 }
            let line = bytes[at..<end]
            guard line.allSatisfy({ (0x20...0x7e).contains($0) }) else {
                throw .malformed("its header is not ASCII")
            }
            return String(decoding: line, as: UTF8.self)
        }
    }
}
