// SPDX-License-Identifier: Apache-2.0

/// One generation of an app that is kept, and how it has fared.
public struct GenerationStatus: Codable, Sendable, Equatable {
    /// Its number.
    public var number: Int
    /// The SHA-256 of its canonical JSON, `sha256:...`.
    public var digest: String
    /// The image digest of each service.
    public var images: [String: String]
    /// Where it came from.
    public var source: String
    /// Who brought it.
    public var caller: String
    /// When it was accepted first, RFC 3339 in UTC.
    public var acceptedAt: String
    /// `current`, `rolling`, `failed`, `rolled-back` or `superseded`.
    public var result: String
    /// Why it failed; empty if it did not.
    public var reason: String

    enum CodingKeys: String, CodingKey {
        case number, digest, images, source, caller
        case acceptedAt = "accepted_at"
        case result, reason
    }

    /// A generation.
    public init(
        number: Int,
        digest: String,
        images: [String: String],
        source: String,
        caller: String,
        acceptedAt: String,
        result: String,
        reason: String = ""
    ) {
        self.number = number
        self.digest = digest
        self.images = images
        self.source = source
        self.caller = caller
        self.acceptedAt = acceptedAt
        self.result = result
        self.reason = reason
    }
}
