// SPDX-License-Identifier: Apache-2.0

/// The programs of one version of Martlet, as an image brought them.
public struct Release: Codable, Hashable, Sendable, CustomStringConvertible {
    /// The digest of the image's manifest, `sha256:HEX`.
    public let digest: String
    /// The name that it was asked for by.
    public let image: String
    /// What its programs call themselves.
    public let version: String

    /// Describes a release.
    public init(digest: String, image: String, version: String) {
        self.digest = digest
        self.image = image
        self.version = version
    }

    /// The name of its folder, the digits of the digest alone; nil if it has none.
    public var folder: String? { Self.digits(of: digest) }

    /// The digits of a digest as `sha256:HEX`; nil for any other text.
    static func digits(of digest: String) -> String? {
        let digits = digest.utf8.dropFirst(7)
        let isHex = digits.allSatisfy { (0x30...0x39) ~= $0 || (0x61...0x66) ~= $0 }
        guard digest.hasPrefix("sha256:"), digits.count == 64, isHex else { return nil }
        return String(decoding: digits, as: UTF8.self)
    }

    /// For example `1.2.0 (sha256:0123456789ab)`.
    public var description: String { "\(version) (\(digest.prefix(19)))" }
}
