// SPDX-License-Identifier: Apache-2.0
internal import Desired
internal import Glibc
internal import Linux
internal import TestKit
internal import Testing

@testable internal import Images

/// HTTP/2 with a real server: nginx in front of docker-registry.
@Suite(
    .enabled(
        if: geteuid() == 0 && DebianRegistry.isThere && TLSFront.isThere,
        "needs root, docker-registry, skopeo and nginx"
    )
) struct MultiplexTests {
    /// A registry behind nginx with an image of twelve layers.
    private struct Bench {
        let registry: DebianRegistry
        let front: TLSFront
        let image: Image

        init(in shop: Workshop) throws {
            registry = try DebianRegistry(in: shop.path + "/registry")
            front = try TLSFront(to: registry.port, in: shop.path + "/front")
            let reference = try Reference("\(front.name)/team/app:1")
            var layout = try LayoutWriter(shop.path + "/layout")
            try layout.add(
                (0..<12).map {
                    MemoryRegistry.layer("file\($0)", 150_000 + 70_000 * $0, seed: UInt64($0 + 1))
                },
                name: "\(reference)"
            )
            try layout.finish()
            let store = try shop.store()
            image = try store.importArchive(layout.path)[0]
            try store.push(reference, to: reference, by: client(front.name))
        }

        func client(_ name: String) -> RegistryClient {
            // A reset may meet a layer that got nothing yet, for others were before it: more often than there are resets
            // it cannot.
            MemoryRegistry.client([name], attempts: 20) {
                $0.registries[0].security = .verified
                $0.registries[0].authorities = .path(front.authority.certificate)
            }
        }

        func pull(from name: String, into shop: Workshop) throws -> Image {
            try shop.store().pull(Reference("\(name)/team/app:1"), from: client(name))
        }
    }

    @Test func `a pull and a push of many layers each go over one connection of HTTP 2`() throws {
        let shop = try Workshop()
        let bench = try Bench(in: shop)
        let pushed = try bench.front.lines()
        let other = try Workshop()
        let image = try bench.pull(from: bench.front.name, into: other)
        #expect(image.digest == bench.image.digest && image.layers.count == 12)
        let pulled = try bench.front.lines().dropFirst(pushed.count)
        for (lines, blobs) in [
            (pushed, "PUT /v2/team/app/blobs/"), (Array(pulled), "GET /v2/team/app/blobs/"),
        ] {
            #expect(lines.allSatisfy { $0.version == "HTTP/2.0" }, "\(lines)")
            #expect(lines.filter { $0.request.hasPrefix(blobs) }.count == 13)
            // The manifest's own may be over before they begin.
            let connections = lines.filter { $0.request.hasPrefix(blobs) }.map(\.connection)
            #expect(Set(connections).count == 1, "\(lines.map(\.connection))")
        }
    }

    @Test func `a reset under several layers at once costs little of each, and all go on`() throws {
        let shop = try Workshop()
        let bench = try Bench(in: shop)
        let proxy = try CuttingProxy(to: bench.front.port, every: 1 << 20)
        let other = try Workshop()
        let image = try bench.pull(from: proxy.name, into: other)
        #expect(image.digest == bench.image.digest && image.layers.count == 12)
        // Bytes over a second connection, which a reset may bring about, are counted on their own.
        #expect(proxy.cuts > 1)
        // A frame of each layer may be lost with its connection, and a handshake is made for each.
        #expect(proxy.passed <= image.size + image.size / 8, "\(proxy.passed) bytes for \(image.size)")
        #expect(try bench.front.lines().allSatisfy { $0.version == "HTTP/2.0" })
    }
}
