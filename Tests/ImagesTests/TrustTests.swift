// SPDX-License-Identifier: Apache-2.0
internal import Glibc
internal import Linux
internal import Testing

@testable internal import Images

/// Rules over images that are imported, wait, and are started later.
@Suite(.enabled(if: geteuid() == 0, "needs root")) struct TrustTests {
    private let layer = StoreTests.layer("base", "same in all")
    private let name = "registry.test/team/app:1"
    private let hour: Int64 = 3_600_000_000_000

    /// A layout of one image, signed as `annotations` say; nil leaves the signature away.
    private func layout(
        _ shop: Workshop,
        _ signer: Signer?,
        annotations: (Digest) -> [String: String] = { _ in ["kind": "dev.cosignproject.cosign/sigs"] }
    ) throws -> LayoutWriter {
        var layout = try LayoutWriter(
            shop.path + "/layout-" + String(UInt32.random(in: .min ... .max), radix: 16)
        )
        let digest = try layout.add([layer], name: name)
        if let signer {
            try layout.sign(try SignedImage(digest, by: signer), annotations: annotations(digest))
        }
        try layout.finish()
        return layout
    }

    @Test(arguments: ["directory", "tar"])
    func `an image comes in with the signatures that lie beside it, under each of their names`(_ form: String)
        throws
    {
        let shop = try Workshop()
        let signer = try Signer(in: shop)
        let policy = TrustPolicy.signed(by: [try signer.key()])
        let tags: [(Digest) -> [String: String]] = [
            { _ in ["kind": "dev.cosignproject.cosign/sigs"] },
            { _ in ["kind": "dev.cosignproject.cosign/sigs", "org.opencontainers.image.ref.name": name] },
            { ["org.opencontainers.image.ref.name": "sha256-\($0.hex).sig"] },
            { ["io.containerd.image.name": "registry.test/team/app:sha256-\($0.hex).sig"] },
        ]
        for annotations in tags {
            let layout = try layout(shop, signer, annotations: annotations)
            var path = layout.path
            if form == "tar" {
                path += ".tar"
                try Workshop.run("tar -C \(layout.path) -cf \(path) .")
            }
            try Workshop.run("rm -rf \(shop.path)/store")
            let store = try shop.store()
            let images = try store.importArchive(path, trust: policy)
            #expect(images.map(\.name) == [name])
            // The signature is no image, and its blobs do not stay among those of images.
            #expect(try store.content.digests().count == 3)
            let verdict = try policy.judge(images[0], as: Reference(name), in: store)
            #expect(verdict.rule == "release" && verdict.digest == images[0].digest)
            #expect(try store.verdict(on: images[0].digest) == verdict)
        }
    }

    @Test func `attestations and bills of materials are no images either`() throws {
        let shop = try Workshop()
        var layout = try LayoutWriter(shop.path + "/layout")
        let digest = try layout.add([layer], name: name)
        for annotations in [
            ["kind": "dev.cosignproject.cosign/atts"],
            ["org.opencontainers.image.ref.name": "sha256-\(digest.hex).att"],
            ["io.containerd.image.name": "registry.test/team/app:sha256-\(digest.hex).sbom"],
        ] {
            try layout.add(SignedImage.manifest([]), type: MediaType.ociManifest, annotations: annotations)
        }
        try layout.finish()
        #expect(try shop.store().importArchive(layout.path).map(\.name) == [name])
    }

    @Test func `an image that is refused at import moves no layer and leaves nothing`() throws {
        let shop = try Workshop()
        let (signer, stranger) = (try Signer(in: shop), try Signer(in: shop))
        let policy = TrustPolicy.signed(by: [try signer.key()])
        let store = try shop.store()
        let before = try StoreTests.inventory(shop)
        for layout in try [layout(shop, nil), layout(shop, stranger)] {
            // A layer that is not there would be missed first if layers moved first.
            try Workshop.run("rm \(layout.path)/blobs/sha256/\(Digest(of: layer).hex)")
            let refusal = refusal { try store.importArchive(layout.path, trust: policy) }
            #expect(refusal?.rule == "release" && refusal?.remedy.isEmpty == false)
            #expect(try StoreTests.inventory(shop) == before)
        }
        let denying = TrustPolicy(rules: [], fallback: TrustRule(name: "default", denies: true))
        let signed = try layout(shop, signer)
        #expect(
            refusal { try store.importArchive(signed.path, trust: denying) }?.why == "it denies every image"
        )
        do {
            try store.importArchive(try layout(shop, nil).path, trust: policy)
            Issue.record("accepted")
        } catch {
            #expect(
                "\(error)"
                    == "judge \(name): trust.images.release refuses it: it has no signature: "
                    + "sign it with `cosign sign --key`, and import or pull it with its signatures"
            )
        }
    }

    @Test func `a bit flipped in a layout's manifest, signatures or payload is refused`() throws {
        let shop = try Workshop()
        let signer = try Signer(in: shop)
        let policy = TrustPolicy.signed(by: [try signer.key()])
        let store = try shop.store()
        let layout = try layout(shop, signer)
        let layerName = Digest(of: layer).hex
        let blobs = try Workshop.run("ls \(layout.path)/blobs/sha256").split(separator: "\n").filter {
            $0 != layerName
        }
        var flips = 0
        for blob in blobs {
            let file = "blobs/sha256/\(blob)"
            let bytes = try shop.read("\(layout.path.dropFirst(shop.path.count + 1))/\(file)")
            // The empty configuration of the signatures is read by nobody.
            guard bytes.count > 2 else { continue }
            for bit in stride(from: 0, to: bytes.count * 8, by: 101) {
                var flipped = bytes
                flipped[bit / 8] ^= 1 << (bit % 8)
                try layout.put(flipped, at: file)
                #expect(throws: ImageError.self, "bit \(bit) of \(blob)") {
                    try store.importArchive(layout.path, trust: policy)
                }
                flips += 1
            }
            try layout.put(bytes, at: file)
        }
        #expect(flips > 80)
        #expect(try store.importArchive(layout.path, trust: policy).count == 1)
    }

    @Test func `an image that came before the rules were tightened is judged again by what came with it`()
        throws
    {
        let shop = try Workshop()
        let (signer, next) = (try Signer(in: shop), try Signer(.ed25519, in: shop))
        let store = try shop.store()
        let reference = try Reference(name)
        let image = try store.importArchive(try layout(shop, signer).path)[0]
        #expect(try store.verdict(on: image.digest) == nil)
        // Its signatures were kept although nobody asked for any; the network is not needed.
        let policy = TrustPolicy.signed(by: [try signer.key()])
        let verdict = try policy.judge(image, as: reference, in: store)
        #expect(verdict.rule == "release")
        // The same rule's word stands, and nothing is read: the record may be gone.
        try Workshop.run("rm -r \(shop.path)/store/trust")
        #expect(try policy.judge(image, as: reference, in: store, earlier: verdict) == verdict)
        #expect(refusal { _ = try policy.judge(image, as: reference, in: store) }?.rule == "release")
        // Another key in the rule, and the word stands no more.
        let rotated = TrustPolicy.signed(by: [try next.key()])
        #expect(!rotated.stands(verdict, on: image.digest, as: reference))
        #expect(
            refusal { _ = try rotated.judge(image, as: reference, in: store, earlier: verdict) }?.rule
                == "release"
        )
        // Nor does it for another image or another rule.
        #expect(!policy.stands(verdict, on: Digest(of: []), as: reference))
        #expect(!policy.stands(verdict, on: image.digest, as: try Reference("other.test/app:1")))
        // The remedy helps.
        try store.importArchive(try layout(shop, next).path, trust: rotated)
        #expect(try rotated.judge(image, as: reference, in: store).keys == [next.key().fingerprint])
    }

    @Test func `an image for several platforms is taken by a signature over its index`() throws {
        let shop = try Workshop()
        let signer = try Signer(in: shop)
        let policy = TrustPolicy.signed(by: [try signer.key()])
        let store = try shop.store()
        var layout = try LayoutWriter(shop.path + "/layout")
        let manifest = try layout.add([layer], name: name)
        let index = try layout.wrap(0, name: name)
        try layout.sign(try SignedImage(Digest(of: index), by: signer))
        try layout.finish()
        let image = try store.importArchive(layout.path, trust: policy)[0]
        #expect(image.digest == manifest)
        let verdict = try policy.judge(image, as: Reference(name), in: store)
        #expect(verdict.digest == manifest && verdict.signed == Digest(of: index))
        // By its digest as by the manifest's, the image is what was pinned.
        let pinned = TrustPolicy(rules: [], fallback: TrustRule(name: "default", needsDigest: true))
        for digest in [Digest(of: index), manifest] {
            _ = try pinned.judge(image, as: Reference("registry.test/team/app@\(digest)"), in: store)
        }
        let other = Digest(of: [])
        let refusal = refusal {
            _ = try pinned.judge(image, as: Reference("registry.test/team/app@\(other)"), in: store)
        }
        #expect(refusal?.why == "its name has the digest of another image")

        // The platform's manifest is another one than the signed index says.
        let blob = shop.path + "/layout/blobs/sha256/" + manifest.hex
        try Workshop.run("printf ' ' >>\(blob)")
        let empty = try Workshop()
        #expect(throws: ImageError.self) { try empty.store().importArchive(layout.path, trust: policy) }
    }

    @Test func `a name without a digest is refused where names are asked for`() throws {
        let shop = try Workshop()
        let store = try shop.store()
        let policy = TrustPolicy(rules: [], fallback: TrustRule(name: "default", needsDigest: true))
        let image = try store.importArchive(try layout(shop, nil).path, trust: policy)[0]
        let refusal = refusal { _ = try policy.judge(image, as: Reference(name), in: store) }
        #expect(refusal?.why == "its name has no digest")
        #expect(refusal?.remedy == "write registry.test/team/app@\(image.digest)")
        let verdict = try policy.judge(image, as: Reference("\(name)@\(image.digest)"), in: store)
        #expect(verdict.rule == "default" && verdict.signed == nil && verdict.keys == [])
    }

    @Test func `an image must have been known for long enough, from its first sight on this node`() throws {
        let shop = try Workshop()
        let store = try shop.store()
        let start: Int64 = 1_800_000_000_000_000_000
        let policy = TrustPolicy(
            rules: [],
            fallback: TrustRule(name: "default", minimumAge: .seconds(72 * 3600))
        )
        let reference = try Reference(name)
        let subject = TrustSubject(reference: reference, manifest: Digest(of: [1]))
        func judge(_ hours: Int64, _ subject: TrustSubject, waiving: Bool = false) -> TrustRefusal? {
            refusal {
                try policy.judge(
                    subject,
                    by: FakeSignatures(),
                    in: store,
                    at: .pulling,
                    waivingAge: waiving,
                    now: start + hours * hour
                )
            }
        }
        let first = judge(0, subject)
        #expect(first?.why == "this node has known it for 0s, and min_age is 72h")
        #expect(first?.remedy == "wait 72h, or bring it with --now")
        // Refused images have an age, too; a clock that went back does not make it greater, now or later.
        #expect(judge(-9_000, subject) != nil)
        #expect(judge(71, subject)?.remedy == "wait 1h, or bring it with --now")
        #expect(judge(72, subject) == nil)
        // Another manifest has its own age.
        let other = TrustSubject(reference: reference, manifest: Digest(of: [2]))
        #expect(judge(100, other) != nil)
        #expect(judge(100, other, waiving: true) == nil)
        #expect(judge(100, other) == nil)
        // A clock that was not set tells no age.
        let early = TrustSubject(reference: reference, manifest: Digest(of: [3]))
        #expect(judge(-start / hour, early) != nil)
        #expect(judge(0, early) != nil)
        #expect(judge(71, early) != nil)
        #expect(judge(72, early) == nil)
    }

    @Test func `importing begins an image's age, and --now ends the wait`() throws {
        let shop = try Workshop()
        let store = try shop.store()
        let policy = TrustPolicy(rules: [], fallback: TrustRule(name: "default", minimumAge: .seconds(3600)))
        let layout = try layout(shop, nil)
        let image = try store.importArchive(layout.path, trust: policy)[0]
        let reference = try Reference(name)
        #expect(refusal { _ = try policy.judge(image, as: reference, in: store) } != nil)
        let later = TrustPolicy.now() + hour
        #expect(try policy.judge(image, as: reference, in: store, now: later).rule == "default")
        // It is forgotten with the image, but for when it was seen.
        try store.remove(reference)
        try store.importArchive(layout.path, trust: policy)
        #expect(try policy.judge(image, as: reference, in: store, now: later).rule == "default")
        #expect(refusal { _ = try policy.judge(image, as: reference, in: store) } != nil)
        try store.importArchive(layout.path, trust: policy, waivingAge: true)
        #expect(try policy.judge(image, as: reference, in: store).rule == "default")
    }

    @Test func `a record that is damaged is as good as none, and nothing of a crash stays`() throws {
        let shop = try Workshop()
        let signer = try Signer(in: shop)
        let policy = TrustPolicy.signed(by: [try signer.key()])
        let layout = try layout(shop, signer)
        var store = try shop.store()
        let image = try store.importArchive(layout.path, trust: policy)[0]
        let folder = "\(shop.path)/store/trust", file = "\(folder)/\(image.digest.hex)"
        let bytes = try shop.read("store/trust/\(image.digest.hex)")
        for damage in [[], Array(bytes.dropLast()), bytes + bytes, Array(repeating: 0, count: 5 << 20)] {
            try shop.write(damage, to: "store/trust/\(image.digest.hex)")
            #expect(
                refusal { _ = try policy.judge(image, as: Reference(name), in: store) }?.rule == "release"
            )
            try store.importArchive(layout.path, trust: policy)
            #expect(try policy.judge(image, as: Reference(name), in: store).rule == "release")
        }
        // What a process had begun that is no more; our own and a living one's are left alone.
        try Workshop.run("cd \(folder) && : >.tmp-\(Int32.max)-dead && : >.tmp-1-alive")
        store = try shop.store()
        #expect(
            try Workshop.run("LC_ALL=C ls -A \(folder)").split(separator: "\n").map(String.init)
                == [".tmp-1-alive", image.digest.hex]
        )
        // Without its image a record is what was seen, and when.
        let before = try #require(try store.trustRecord(of: image.digest))
        try store.remove(Reference(name))
        #expect(try store.trustRecord(of: image.digest) == before.sight)
        #expect(try Workshop.run("stat -c %a \(file)") == "600\n")
    }
}
