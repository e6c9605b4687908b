// SPDX-License-Identifier: Apache-2.0
internal import FoundationEssentials
internal import Images

/// A value as JSON with the SHA-256 of its own bytes: `{"checksum":"sha256:HEX","content":...}`.
///
/// Neither SQLite nor a file system notices a flipped bit inside a value.
enum Seal {
    /// What a reader takes at most.
    static let maximumBytes = 16 << 20

    static func close(_ value: some Encodable) throws -> [UInt8] {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        return wrap(try encoder.encode(value)[...])
    }

    /// The value, or nil if a bit is not as it was written.
    static func open<Value: Decodable>(_ type: Value.Type, _ bytes: [UInt8]) -> Value? {
        let content = bytes.dropFirst(opening([]).count).dropLast()
        guard bytes.count <= maximumBytes, wrap(content) == bytes else { return nil }
        // What is sealed was encoded from this type; another type's seal is not ours.
        return try? JSONDecoder().decode(type, from: Data(content))
    }

    private static func wrap(_ content: some Collection<UInt8>) -> [UInt8] {
        opening(Array(content)) + content + [UInt8(ascii: "}")]
    }

    private static func opening(_ content: [UInt8]) -> [UInt8] {
        Array("{\"checksum\":\"\(Digest(of: content))\",\"content\":".utf8)
    }
}
