// SPDX-License-Identifier: Apache-2.0

/// What a signature says: which manifest it means, and under which name (containers-signature(5), "critical").
struct SignaturePayload {
    /// The manifest or index that is signed.
    let digest: Digest
    /// The name that it was signed under; cosign itself does not look at it.
    let reference: String?

    private static let type = "cosign container image signature"

    /// Reads a payload whose signature was verified.
    ///
    /// A member of `critical` that is not understood is a refusal, as the format demands.
    init(_ bytes: [UInt8], subject: String) throws(ImageError) {
        func malformed(_ why: String) -> ImageError { ImageError("read payload", subject, .malformed(why)) }
        let members = try Document.decode(Members.self, from: bytes, "read payload", subject).critical
        guard Set(members.keys).isSubset(of: ["identity", "image", "type"]) else {
            throw malformed("'critical' has members that are not known")
        }
        let critical = try Document.decode(Fields.self, from: bytes, "read payload", subject).critical
        guard critical.type == Self.type else { throw malformed("critical.type is not '\(Self.type)'") }
        guard critical.image.count == 1, let digest = critical.image["docker-manifest-digest"] else {
            throw malformed("critical.image has not 'docker-manifest-digest' alone")
        }
        let identity = critical.identity ?? [:]
        guard Set(identity.keys).isSubset(of: ["docker-reference"]) else {
            throw malformed("critical.identity has members that are not known")
        }
        self.digest = try Digest(digest)
        reference = identity["docker-reference"]
    }

    private struct Members: Decodable {
        var critical: [String: Presence]
    }

    private struct Fields: Decodable {
        var critical: Critical
    }

    private struct Critical: Decodable {
        var identity: [String: String]?
        var image: [String: String]
        var type: String
    }
}
