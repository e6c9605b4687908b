// SPDX-License-Identifier: Apache-2.0

/// A pointer to content: what it is, its digest and its exact size (OCI image spec, descriptor).
public struct ContentDescriptor: Hashable, Sendable, Codable {
    /// What the content is; decides how it is parsed.
    public let mediaType: String
    /// The digest of the content.
    public let digest: Digest
    /// The size of the content in bytes.
    public let size: Int
    /// Free notes; never read for control, except for an image's name at import.
    public let annotations: [String: String]
    /// Which machines the content is for.
    public let platform: Platform?
    /// What an artifact is, in a list of referrers.
    public let artifactType: String?

    /// Points at content.
    public init(
        mediaType: String,
        digest: Digest,
        size: Int,
        annotations: [String: String] = [:],
        platform: Platform? = nil,
        artifactType: String? = nil
    ) {
        self.mediaType = mediaType
        self.digest = digest
        self.size = size
        self.annotations = annotations
        self.platform = platform
        self.artifactType = artifactType
    }

    private enum CodingKeys: String, CodingKey {
        case mediaType, digest, size, annotations, platform, artifactType
    }

    /// Reads a descriptor; a negative size is refused.
    public init(from decoder: any Decoder) throws {
        let fields = try decoder.container(keyedBy: CodingKeys.self)
        mediaType = try fields.decode(String.self, forKey: .mediaType)
        digest = try fields.decode(Digest.self, forKey: .digest)
        size = try fields.decode(Int.self, forKey: .size)
        annotations = try fields.decodeIfPresent([String: String].self, forKey: .annotations) ?? [:]
        platform = try fields.decodeIfPresent(Platform.self, forKey: .platform)
        artifactType = try fields.decodeIfPresent(String.self, forKey: .artifactType)
        guard size >= 0 else {
            throw ImageError(
                "parse descriptor",
                digest.description,
                .malformed("the size \(size) is negative")
            )
        }
    }

    /// Writes a descriptor, without empty fields.
    public func encode(to encoder: any Encoder) throws {
        var fields = encoder.container(keyedBy: CodingKeys.self)
        try fields.encode(mediaType, forKey: .mediaType)
        try fields.encode(digest, forKey: .digest)
        try fields.encode(size, forKey: .size)
        if !annotations.isEmpty { try fields.encode(annotations, forKey: .annotations) }
        try fields.encodeIfPresent(platform, forKey: .platform)
        try fields.encodeIfPresent(artifactType, forKey: .artifactType)
    }
}
