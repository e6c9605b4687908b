// SPDX-License-Identifier: Apache-2.0
internal import Glibc
internal import TestKit
internal import Testing

@testable internal import Images

/// Every parser of documents from outside, over damaged and random input: it gives a value or an error, never a trap,
/// and what it gives holds what it promises.
@Suite struct ParserFuzzTests {
    /// A parser and a text that it takes.
    private struct Subject: Sendable {
        let name: String
        let seed: [UInt8]
        /// Parses, and tells what is wrong with the value.
        let parse: @Sendable ([UInt8]) throws(ImageError) -> String?
    }

    private static let digest = Digest(of: Array("content".utf8))

    private static let manifest = Array(
        #"{"schemaVersion":2,"mediaType":"\#(MediaType.ociManifest)","config":\#(LayoutWriter.pointer(MediaType.ociConfig, "\(digest)", 7)),"layers":[\#(LayoutWriter.pointer(MediaType.ociLayer, "\(digest)", 7, #","annotations":{"a":"b\u00e9"},"platform":{"os":"linux","architecture":"amd64"}"#))]}"#
            .utf8
    )

    private static let subjects: [Subject] = [
        Subject(name: "reference", seed: Array("registry.test:5000/team/app_x:1.2-a@\(digest)".utf8)) {
            bytes throws(ImageError) in
            let reference = try Reference(String(decoding: bytes, as: UTF8.self))
            guard let again = try? Reference(reference.description), again == reference else {
                return "its own description is another one"
            }
            _ = policy.rule(for: reference)
            return reference.description.utf8.count > 600 ? "too long" : nil
        },
        Subject(name: "digest", seed: Array("\(digest)".utf8)) { bytes throws(ImageError) in
            let digest = try Digest(String(decoding: bytes, as: UTF8.self))
            return digest.hex.utf8.count == 64 ? nil : "not 64 digits"
        },
        Subject(name: "manifest", seed: manifest) { bytes throws(ImageError) in
            let manifest = try ImageManifest(bytes, mediaType: MediaType.ociManifest, subject: "m")
            return manifest.layers.count <= 256 && manifest.layers.allSatisfy { $0.size >= 0 }
                ? nil : "bounds"
        },
        Subject(
            name: "index",
            seed: Array(
                #"{"schemaVersion":2,"manifests":[\#(LayoutWriter.pointer(MediaType.ociManifest, "\(digest)", 7, #","platform":{"os":"linux","architecture":"arm64","variant":"v8"}"#)),\#(LayoutWriter.pointer(MediaType.ociIndex, "\(digest)", 9))]}"#
                    .utf8
            )
        ) { bytes throws(ImageError) in
            let index = try ImageIndex(bytes, mediaType: MediaType.ociIndex, subject: "i")
            for entry in index.manifests { _ = LayoutAttachment(entry) }
            _ = try? ImageIndex.select(index.manifests, for: .running, subject: "i")
            let subject = TrustSubject(
                reference: try Reference("a.test/b"),
                manifest: digest,
                indexes: [bytes]
            )
            _ = try? subject.digests()
            return index.manifests.count <= 1024 ? nil : "bounds"
        },
        Subject(name: "configuration", seed: Array(LayoutWriter.config([digest]).utf8)) {
            bytes throws(ImageError) in
            let config = try ImageConfig(bytes, subject: "c")
            let texts = config.environment + (config.entrypoint ?? []) + (config.command ?? [])
            return texts.contains { $0.utf8.contains(0) } ? "a NUL" : nil
        },
        Subject(
            name: "signatures",
            seed: SignedImage.manifest([
                LayoutWriter.pointer(
                    SignatureManifest.payloadType,
                    "\(digest)",
                    7,
                    #","annotations":{"\#(SignatureManifest.annotation)":"AAAA"}"#
                )
            ])
        ) { bytes throws(ImageError) in
            let found = try SignatureManifest(bytes, subject: "s")
            return found.signatures.count <= 256 ? nil : "bounds"
        },
        Subject(name: "payload", seed: SignedImage.payload(digest)) { bytes throws(ImageError) in
            let payload = try SignaturePayload(bytes, subject: "p")
            return payload.digest.hex.utf8.count == 64 ? nil : "not a digest"
        },
        Subject(
            name: "trust record",
            seed: Array(
                #"{"firstSeen":1800000000000000000,"indexes":["e30="],"isAgeWaived":false,"signatures":[{"manifest":"e30=","payloads":["e30="]}],"version":1}"#
                    .utf8
            )
        ) { bytes throws(ImageError) in
            let record = try TrustRecord(bytes, subject: "r")
            let seen = TrustRecord(record, now: TrustRecord.earliest)
            return seen.firstSeen >= TrustRecord.earliest ? nil : "an age from nowhere"
        },
        Subject(
            name: "key",
            seed: Array(
                """
                -----BEGIN PUBLIC KEY-----
                MCowBQYDK2VwAyEAGb9ECWmEzf6FQbrBZ9w7lshQhqowtrbLDFw4rXAxZuE=
                -----END PUBLIC KEY-----

                """.utf8
            )
        ) { bytes throws(ImageError) in
            let key = try PublicKey(pem: bytes, subject: "k")
            return key.verifies(Array(repeating: 0, count: 64), of: bytes) ? "anything is signed" : nil
        },
    ]

    private static let policy = TrustPolicy(
        rules: [TrustRule(name: "a", prefixes: ["registry.test/", "docker.io"])],
        fallback: TrustRule(name: "default")
    )

    /// Bytes that mean something to JSON, to names or to Unicode.
    private static let spice: [[UInt8]] =
        [
            "\"", "\\", "\\u0000", "\\ud800", "\\u", "{", "}", "[", "]", ":", ",", "null", "true", "-1",
            "1e999",
            "99999999999999999999", "0.1", "@", "/", "//", "..", "sha256:", "docker.io/", "\"size\":", "\n",
            "\r",
            "=", "-----", "\u{301}", "\u{ff11}",
        ].map { Array($0.utf8) } + [[0], [0xFF], [0xEF, 0xBB, 0xBF], [0xC0, 0x80], [0xFE, 0xFF]]

    private static let rounds = getenv("MARTLET_SOAK") == nil ? 60 : 20_000

    @Test(arguments: UInt64(0)..<8)
    func `damaged and random input is read or refused, by every parser`(_ seed: UInt64) throws {
        var random = SeededGenerator(seed: seed)
        for subject in Self.subjects {
            #expect(try subject.parse(subject.seed) == nil, "\(subject.name)")
            for _ in 0..<Self.rounds {
                let bytes = Self.damage(subject.seed, &random)
                do throws(ImageError) {
                    let flaw = try subject.parse(bytes)
                    #expect(
                        flaw == nil,
                        "seed \(seed), \(subject.name): \(String(decoding: bytes, as: UTF8.self))"
                    )
                } catch {
                    #expect(error.description.utf8.count < 2_000, "seed \(seed), \(subject.name)")
                }
            }
        }
    }

    @Test(arguments: ["[", "{\"a\":", "\"", "\\", "a", "1", " ", "9", "{\"a\":[", "a/", "\u{0}"])
    func `a great deal of one thing is refused`(_ piece: String) throws {
        let bytes = Array(String(repeating: piece, count: (1 << 17) / piece.utf8.count).utf8)
        for subject in Self.subjects {
            #expect(throws: ImageError.self, "\(subject.name)") { _ = try subject.parse(bytes) }
        }
    }

    private static func damage(_ seed: [UInt8], _ random: inout SeededGenerator) -> [UInt8] {
        if Int.random(in: 0..<16, using: &random) == 0 {
            return (0..<Int.random(in: 0..<200, using: &random)).map { _ in
                UInt8.random(in: .min ... .max, using: &random)
            }
        }
        var bytes = seed
        for _ in 0...Int.random(in: 0..<4, using: &random) where !bytes.isEmpty {
            let place = Int.random(in: bytes.indices, using: &random)
            switch Int.random(in: 0..<5, using: &random) {
            case 0: bytes.remove(at: place)
            case 1:
                bytes.removeSubrange(place..<min(place + Int.random(in: 0..<40, using: &random), bytes.count))
            case 2: bytes[place] ^= 1 << UInt8.random(in: 0..<8, using: &random)
            case 3:
                let end = min(place + Int.random(in: 0..<60, using: &random), bytes.count)
                bytes.insert(
                    contentsOf: bytes[place..<end],
                    at: Int.random(in: bytes.indices, using: &random)
                )
            default:
                bytes.insert(contentsOf: spice.randomElement(using: &random) ?? [], at: place)
            }
        }
        return bytes
    }
}
