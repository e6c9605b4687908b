// SPDX-License-Identifier: Apache-2.0

/// The SHA-256 of some content.
///
/// Holds 64 lower-case hexadecimal digits and nothing else, so it is safe in a path.
public struct Digest: Hashable, Sendable, CustomStringConvertible {
    /// 64 lower-case hexadecimal digits.
    public let hex: String

    /// Parses `sha256:HEX`.
    ///
    /// Other algorithms and upper-case digits are refused.
    public init(_ text: String) throws(ImageError) {
        guard text.utf8.starts(with: "sha256:".utf8) else {
            throw ImageError("parse digest", text, .unsupported("only sha256: digests are accepted"))
        }
        try self.init(hex: String(text.dropFirst(7)))
    }

    /// Takes 64 lower-case hexadecimal digits.
    public init(hex: String) throws(ImageError) {
        let valid = hex.utf8.count == 64 && hex.utf8.allSatisfy { (0x30...0x39) ~= $0 || (0x61...0x66) ~= $0 }
        guard valid else {
            throw ImageError("parse digest", hex, .malformed("not 64 lower-case hexadecimal digits"))
        }
        self.hex = hex
    }

    init(_ hash: [UInt8]) {
        let digits = Array("0123456789abcdef".utf8)
        hex = String(decoding: hash.flatMap { [digits[Int($0 >> 4)], digits[Int($0 & 15)]] }, as: UTF8.self)
    }

    /// The digest of some bytes.
    public init(of bytes: [UInt8]) {
        let hash = SHA256()
        bytes.withUnsafeBytes { hash.update($0) }
        self.init(hash.finalize())
    }

    /// `sha256:HEX`.
    public var description: String { "sha256:" + hex }
}

extension Digest: Codable {
    /// Reads `sha256:HEX`.
    public init(from decoder: any Decoder) throws { try self.init(String(from: decoder)) }

    /// Writes `sha256:HEX`.
    public func encode(to encoder: any Encoder) throws { try description.encode(to: encoder) }
}
