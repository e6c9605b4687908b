// SPDX-License-Identifier: Apache-2.0
internal import Glibc
internal import TestKit
internal import Testing

@testable internal import Images

/// Which images come from a registry at all: signatures lie beside them there.
@Suite(.enabled(if: geteuid() == 0, "needs root")) struct PullTrustTests {
    private static let layer = MemoryRegistry.layer("app", 100_000)
    private static let path = "/blobs/\(Digest(of: layer))"

    /// What `app:1` points to, and the image with an index before it if asked for.
    private func content(indexed: Bool = false) throws -> (content: MemoryRegistry.Content, Digest, Digest) {
        var content = MemoryRegistry.image([Self.layer])
        let manifest = try #require(content.manifests["1"]).bytes
        guard indexed else { return (content, Digest(of: manifest), Digest(of: manifest)) }
        let platform = #","platform":{"os":"linux","architecture":"\#(Platform.running.architecture)"}"#
        let other = #","platform":{"os":"linux","architecture":"s390x"}"#
        let pointers = [(Digest(of: []), 0, other), (Digest(of: manifest), manifest.count, platform)].map {
            LayoutWriter.pointer(MediaType.ociManifest, "\($0.0)", $0.1, $0.2)
        }
        let index = Array(
            #"{"schemaVersion":2,"mediaType":"\#(MediaType.ociIndex)","manifests":[\#(pointers.joined(separator: ","))]}"#
                .utf8
        )
        content.manifests["1"] = (MediaType.ociIndex, index)
        content.manifests["\(Digest(of: index))"] = (MediaType.ociIndex, index)
        return (content, Digest(of: manifest), Digest(of: index))
    }

    /// The rule that all images are signed by a key.
    private func policy(_ key: PublicKey) -> TrustPolicy {
        TrustPolicy(rules: [], fallback: TrustRule(name: "default", keys: [key]))
    }

    @Test(arguments: [false, true])
    func `a signed image is pulled, also through a signed index, and starts offline`(_ indexed: Bool) throws {
        let shop = try Workshop()
        let signer = try Signer(in: shop)
        var (content, manifest, signed) = try content(indexed: indexed)
        let signature = try SignedImage(signed, by: signer)
        content.manifests["sha256-\(signed.hex).sig"] = (MediaType.ociManifest, signature.manifest)
        content.blobs["\(Digest(of: signature.payload))"] = signature.payload
        let registry = try MemoryRegistry(content)
        let reference = try Reference("\(registry.name)/app:1")
        let store = try shop.store()
        let trust = policy(try signer.key())
        let client = MemoryRegistry.client([registry.name])
        let image = try store.pull(reference, from: client, trust: trust)
        #expect(image.digest == manifest)
        let verdict = try #require(try store.verdict(on: manifest))
        let fingerprint = try signer.key().fingerprint
        #expect(verdict.signed == signed && verdict.keys == [fingerprint])
        let asked = registry.web.asked.count
        #expect(try trust.judge(image, as: reference, in: store).rule == "default")
        #expect(registry.web.asked.count == asked, "a start asks nobody")
        // Other keys: by the signatures that are here.
        let other = policy(try Signer(in: shop).key())
        #expect(throws: ImageError.self) { try other.judge(image, as: reference, in: store) }
        #expect(try Workshop.run("cat \(image.layers[0])/app | wc -c") == "100000\n")
    }

    @Test(arguments: ["unsigned", "another's", "of another image", "not to be had", "cut", "not a manifest"])
    func `what is not signed never moves a layer`(_ what: String) throws {
        let shop = try Workshop()
        let signer = try Signer(in: shop)
        var (content, manifest, _) = try content()
        let by = what == "another's" ? try Signer(in: shop) : signer
        let signature = try SignedImage(what == "of another image" ? Digest(of: []) : manifest, by: by)
        let tag = "sha256-\(manifest.hex).sig"
        if what != "unsigned" {
            let bytes = what == "not a manifest" ? Array("<html>".utf8) : signature.manifest
            content.manifests[tag] = (MediaType.ociManifest, bytes)
            content.blobs["\(Digest(of: signature.payload))"] = signature.payload
        }
        let registry = try MemoryRegistry(content) { asked, honest in
            guard asked.path.hasSuffix(tag) else { return honest }
            var answer = honest
            if what == "not to be had" { answer.status = 500 }
            if what == "cut" { answer.cut = 20 }
            return answer
        }
        let store = try shop.store()
        let error = #expect(throws: ImageError.self) {
            try store.pull(
                Reference("\(registry.name)/app:1"),
                from: MemoryRegistry.client([registry.name]),
                trust: policy(try signer.key())
            )
        }
        guard case .refused(let refusal)? = error?.cause else {
            Issue.record("\(String(describing: error))")
            return
        }
        #expect(refusal.rule == "default" && !refusal.remedy.isEmpty)
        #expect(!registry.web.asked.contains { $0.path.hasSuffix(Self.path) })
        #expect(try store.list().isEmpty && store.content.digests().isEmpty)
    }
}
