internal import Glibc
internal import Linux
internal import Synchronization
// SPDX-License-Identifier: Apache-2.0
internal import TestKit
internal import Testing
internal import Transfer

@testable internal import Images

/// Against Debian's docker-registry, with skopeo as the judge.
@Suite(
    .enabled(
        if: geteuid() == 0 && DebianRegistry.isThere,
        "needs root, docker-registry and skopeo"
    )
) struct RegistryTests {
    /// A store with an image of three layers, each compressed in another way.
    private func stocked(_ shop: Workshop, _ name: String) throws -> (ImageStore, Image) {
        var layout = try LayoutWriter(shop.path + "/layout")
        let forms = Mutex(["", "+gzip", "+zstd"])
        try layout.add(
            [
                MemoryRegistry.layer("a", 300_000), MemoryRegistry.layer("b", 200_000, seed: 2),
                MemoryRegistry.layer("c", 100, seed: 3),
            ],
            name: name
        ) { bytes in
            let form = forms.withLock { $0.removeFirst() }
            switch form {
            case "+gzip": return (try shop.gzip(bytes), form)
            case "+zstd": return (try shop.gzip(bytes, with: "zstd -q"), form)
            default: return (bytes, form)
            }
        }
        try layout.finish()
        let store = try shop.store()
        return (store, try #require(try store.importArchive(layout.path).first))
    }

    /// What a store has, without what is its own.
    private func picture(_ shop: Workshop) throws -> String {
        try Workshop.run("cd \(shop.path)/store && find content -type f | LC_ALL=C sort | xargs sha256sum")
            + (try Workshop.picture(shop.path + "/store/layers"))
    }

    @Test(arguments: DebianRegistry.Kind.allCases, [Int64.max, 65_536])
    func `what is pushed comes back the same, to us and to skopeo`(
        _ kind: DebianRegistry.Kind,
        _ part: Int64
    ) throws {
        let shop = try Workshop()
        let registry = try DebianRegistry(kind, in: shop)
        let reference = try Reference("\(registry.name)/team/app:1")
        let (store, image) = try stocked(shop, "\(reference)")
        let client = registry.client { $0.partBytes = part }
        #expect(try store.push(reference, to: reference, by: client) == image.digest)

        // Another client, another store: the same as the import.
        let other = try Workshop()
        let pulled = try other.store().pull(reference, from: registry.client())
        #expect(pulled.digest == image.digest && pulled.config == image.config && pulled.size == image.size)
        #expect(pulled.name == image.name)
        #expect(try picture(other) == picture(shop))

        // To skopeo, which checks digests of its own, and back under another name.
        try registry.skopeo("copy SRC docker://\(reference) dir:\(shop.path)/copy")
        #expect(try Workshop.run("sha256sum <\(shop.path)/copy/manifest.json").hasPrefix(image.digest.hex))
        try Workshop.run(
            "cd \(shop.path)/copy && for f in *; do [ ${#f} != 64 ] || cmp $f \(shop.path)/store/content/sha256/$f; done"
        )
        try registry.skopeo("copy DST dir:\(shop.path)/copy docker://\(registry.name)/back/app:2")
        let third = try Workshop()
        let back = try third.store().pull(Reference("\(registry.name)/back/app:2"), from: registry.client())
        #expect(back.digest == image.digest)
        #expect(try picture(third) == picture(shop))
        let pinned = try third.store().pull(
            Reference("\(registry.name)/back/app@\(image.digest)"),
            from: registry.client()
        )
        #expect(pinned.digest == image.digest)
    }

    @Test func `a second push sends nothing, and another repository is given what the first has`() throws {
        let shop = try Workshop()
        let registry = try DebianRegistry(.plain, in: shop)
        let reference = try Reference("\(registry.name)/team/app:1")
        let (store, _) = try stocked(shop, "\(reference)")
        let events = Mutex<[PullEvent]>([])
        @Sendable func kinds() -> [PullEvent.Kind] {
            events.withLock { all in
                defer { all = [] }
                return all.map(\.kind)
            }
        }
        try store.push(reference, to: reference, by: registry.client()) { event in
            events.withLock { $0.append(event) }
        }
        #expect(kinds().filter { $0 == .verified }.count == 4)
        try store.push(reference, to: reference, by: registry.client()) { event in
            events.withLock { $0.append(event) }
        }
        #expect(kinds().filter { $0 == .present }.count == 4)
        try store.push(reference, to: Reference("\(registry.name)/other:3"), by: registry.client()) { event in
            events.withLock { $0.append(event) }
        }
        let mounted = events.withLock { $0.filter { $0.kind == .present && $0.text == "team/app" } }
        #expect(mounted.count == 3)
        let other = try Workshop()
        _ = try other.store().pull(Reference("\(registry.name)/other:3"), from: registry.client())
        #expect(try picture(other) == picture(shop))
    }

    @Test func `without its password, its authority or its name nothing is pulled`() throws {
        let shop = try Workshop()
        let basic = try DebianRegistry(.basic, in: shop)
        let unknown = basic.client { $0.credentialFiles = [] }
        let reference = try Reference("\(basic.name)/team/app:1")
        let denied = #expect(throws: ImageError.self) { try shop.store().pull(reference, from: unknown) }
        #expect(denied?.description.contains("credential file") == true)
        try shop.write(
            Array(#"{"auths":{"\#(basic.name)":{"auth":"dXNlcjp3cm9uZw=="}}}"#.utf8),
            to: "wrong.json"
        )
        let wrong = basic.client { $0.credentialFiles = [shop.path + "/wrong.json"] }
        let refused = #expect(throws: ImageError.self) { try shop.store().pull(reference, from: wrong) }
        #expect(refused?.description.contains("401") == true)

        let secure = try Workshop()
        let tls = try DebianRegistry(.tls, in: secure)
        let image = try Reference("\(tls.name)/team/app:1")
        // Not ours to trust, and never in the clear instead.
        for security in [RegistrySettings.Security.verified] {
            let client = tls.client {
                $0.registries[0].authorities = nil
                $0.registries[0].security = security
            }
            let error = #expect(throws: ImageError.self) { try secure.store().pull(image, from: client) }
            #expect(error?.description.contains("certificate") == true, "\(error?.description ?? "")")
        }
        let unverified = tls.client {
            $0.registries[0].authorities = nil
            $0.registries[0].security = .unverified
        }
        let absent = #expect(throws: ImageError.self) { try secure.store().pull(image, from: unverified) }
        #expect(absent?.cause == .absent)
        // TLS is what is spoken where nothing is said.
        let plain = basic.client { $0.registries = [] }
        #expect(throws: ImageError.self) { try shop.store().pull(reference, from: plain) }
    }

    @Test func `after a cut at one half no more than a hundredth comes twice`() throws {
        let shop = try Workshop()
        let registry = try DebianRegistry(.plain, in: shop)
        let size = 8 << 20
        var layout = try LayoutWriter(shop.path + "/layout")
        try layout.add([MemoryRegistry.layer("big", size)], name: "\(registry.name)/big:1")
        try layout.finish()
        let reference = try Reference("\(registry.name)/big:1")
        let store = try shop.store()
        try store.importArchive(layout.path)
        try store.push(reference, to: reference, by: registry.client())

        let proxy = try CuttingProxy(to: registry.port, after: size / 2)
        let other = try Workshop()
        let near = try Reference("\(proxy.name)/big:1")
        let client = MemoryRegistry.client([proxy.name], attempts: 1)
        #expect(throws: ImageError.self) { try other.store().pull(near, from: client) }
        #expect(try other.store().content.digests().isEmpty)
        proxy.mend()
        let image = try other.store().pull(near, from: client)
        #expect(image.digest == (try store.resolve(reference))?.digest)
        #expect(proxy.passed <= size + size / 100, "\(proxy.passed) bytes for \(size)")
    }

    @Test func `referrers are listed by the tag that stands in for their API`() throws {
        let shop = try Workshop()
        let registry = try DebianRegistry(.plain, in: shop)
        let reference = try Reference("\(registry.name)/team/app:1")
        let (store, image) = try stocked(shop, "\(reference)")
        let client = registry.client()
        try store.push(reference, to: reference, by: client)
        #expect(try client.referrers(of: image.digest, in: reference).isEmpty)
        let pointer = LayoutWriter.pointer(
            MediaType.ociManifest,
            "\(image.digest)",
            try client.document(reference).content.size,
            #","artifactType":"application/vnd.example.sbom""#
        )
        let index = Array(
            #"{"schemaVersion":2,"mediaType":"\#(MediaType.ociIndex)","manifests":[\#(pointer)]}"#.utf8
        )
        let session = try #require(
            try client.sessions(for: reference, actions: "pull,push", scope: TransferScope()).first
        )
        try session.put(
            RegistryDocument(
                content: ContentDescriptor(
                    mediaType: MediaType.ociIndex,
                    digest: Digest(of: index),
                    size: index.count
                ),
                bytes: index
            ),
            as: "sha256-\(image.digest.hex)"
        )
        let found = try client.referrers(of: image.digest, in: reference)
        #expect(found.map(\.artifactType) == ["application/vnd.example.sbom"])
        // And an index is followed to what it has for this node, or refused.
        let missing = #expect(throws: ImageError.self) {
            try shop.store().pull(
                Reference("\(registry.name)/team/app:none"),
                from: client
            )
        }
        #expect(missing?.cause == .absent)
    }
}

/// Passes bytes to a server and back, counts those that come back, and cuts all connections at a bound.
final class CuttingProxy: Sendable {
    private final class Count: Sendable {
        let passed = Atomic(0)
        let bound: Atomic<Int>
        init(_ bound: Int) { self.bound = Atomic(bound) }
    }

    private let server: LoopbackServer
    private let count: Count
    var name: String { server.name }
    var passed: Int { count.passed.load(ordering: .relaxed) }

    init(to port: UInt16, after bound: Int) throws {
        let count = Count(bound)
        self.count = count
        server = try LoopbackServer { client in
            guard let far = try? Self.connect(port) else { return }
            try? Thread.detach { Self.pass(client, far) { _ in true } }
            Self.pass(far, client) { bytes in
                count.passed.add(bytes, ordering: .relaxed).newValue <= count.bound.load(ordering: .relaxed)
            }
        }
    }

    /// Cuts no more.
    func mend() { count.bound.store(.max, ordering: .relaxed) }

    private static func connect(_ port: UInt16) throws -> Descriptor {
        let far = Descriptor(
            owning: try check(
                "socket",
                "",
                socket(AF_INET, Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue), 0)
            )
        )
        var place = sockaddr_in()
        place.sin_family = sa_family_t(AF_INET)
        place.sin_port = port.bigEndian
        inet_pton(AF_INET, "127.0.0.1", &place.sin_addr)
        _ = try withUnsafePointer(to: &place) {
            try $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                try check(
                    "connect",
                    "",
                    Glibc.connect(far.number, $0, socklen_t(MemoryLayout<sockaddr_in>.size))
                )
            }
        }
        return far
    }

    private static func pass(_ from: Descriptor, _ to: Descriptor, _ isFine: (Int) -> Bool) {
        while let bytes = try? from.read(16 << 10), !bytes.isEmpty, isFine(bytes.count) {
            guard send(to.number, bytes, bytes.count, Int32(MSG_NOSIGNAL)) == bytes.count else { break }
        }
        shutdown(from.number, Int32(SHUT_RDWR))
        shutdown(to.number, Int32(SHUT_RDWR))
    }
}
