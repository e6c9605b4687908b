// SPDX-License-Identifier: Apache-2.0
internal import FoundationEssentials

/// What the store remembers of the trust in one manifest: `trust/HEX`.
///
/// One that is not readable is as good as none: the image is then judged as a new one without signatures.
struct TrustRecord: Equatable {
    /// When this node first saw the manifest, nanoseconds since 1970.
    var firstSeen: Int64
    /// A user said that it is old enough.
    var isAgeWaived = false
    /// The indexes that led to it, the outermost first.
    var indexes: [[UInt8]] = []
    /// Its signatures.
    var material = SignatureMaterial()
    /// The last verdict that let it run.
    var verdict: TrustVerdict?

    static let maximumBytes = Document.maximumBytes
    /// The start of 2026: what was seen before, by a clock that was not set, was seen at no known time.
    static let earliest: Int64 = 1_767_225_600_000_000_000

    /// What was remembered before, if anything was, once the manifest is seen now.
    init(_ before: TrustRecord? = nil, waivingAge: Bool = false, now: Int64) {
        self = before ?? TrustRecord(firstSeen: now)
        // By a clock that was not set yet everything would be old.
        if firstSeen < Self.earliest { firstSeen = now }
        if waivingAge { isAgeWaived = true }
    }

    private init(firstSeen: Int64) { self.firstSeen = firstSeen }

    /// Takes in the way to a manifest and the signatures of which no rule asked for any: one may, later.
    ///
    /// What they are worth is not known; those that cannot be read are left where they are, and nothing takes the
    /// place of signatures that a verdict stands on.
    mutating func take(_ subject: TrustSubject, from source: any SignatureSource) {
        guard verdict == nil || material.found.isEmpty else { return }
        var next = self
        next.indexes = subject.indexes
        if let found = try? SignatureMaterial(for: subject, from: source), !found.found.isEmpty {
            next.material = found
        }
        if (try? next.encoded("")) != nil { self = next }
    }

    /// The first sight alone, for a manifest that is here no more.
    var sight: TrustRecord {
        var sight = TrustRecord(firstSeen: firstSeen)
        sight.isAgeWaived = isAgeWaived
        return sight
    }

    /// Reads a record.
    init(_ bytes: [UInt8], subject: String) throws(ImageError) {
        let fields = try Document.decode(Fields.self, from: bytes, "read trust record", subject)
        guard fields.version == 1 else {
            throw ImageError("read trust record", subject, .unsupported("version \(fields.version)"))
        }
        firstSeen = fields.firstSeen
        isAgeWaived = fields.isAgeWaived
        indexes = fields.indexes.map { Array($0) }
        material = try SignatureMaterial(
            fields.signatures.map { found in
                SignatureMaterial.Found(
                    manifest: Array(found.manifest),
                    payloads: found.payloads.map { Array($0) }
                )
            }
        )
        verdict = fields.verdict
    }

    /// The record's bytes.
    func encoded(_ subject: String) throws(ImageError) -> [UInt8] {
        let bytes = try Document.encode(
            Fields(
                version: 1,
                firstSeen: firstSeen,
                isAgeWaived: isAgeWaived,
                indexes: indexes.map { Data($0) },
                signatures: material.found.map {
                    Signatures(manifest: Data($0.manifest), payloads: $0.payloads.map { Data($0) })
                },
                verdict: verdict
            ),
            subject
        )
        guard bytes.count <= Self.maximumBytes else {
            throw ImageError(
                "keep",
                subject,
                .limit("indexes and signatures of more than \(Self.maximumBytes) bytes")
            )
        }
        return bytes
    }

    private struct Fields: Codable {
        var version: Int
        var firstSeen: Int64
        var isAgeWaived: Bool
        var indexes: [Data]
        var signatures: [Signatures]
        var verdict: TrustVerdict?
    }

    private struct Signatures: Codable {
        var manifest: Data
        var payloads: [Data]
    }
}
