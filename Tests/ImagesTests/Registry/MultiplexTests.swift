// SPDX-License-Identifier: Apache-2.0
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
    @Test func `a pull and a push of many layers each go over one connection of HTTP 2`() throws {
        let shop = try Workshop()
        let registry = try DebianRegistry(in: shop.path + "/registry")
        let front = try TLSFront(to: registry.port, in: shop.path + "/front")
        let reference = try Reference("\(front.name)/team/app:1")
        var layout = try LayoutWriter(shop.path + "/layout")
        try layout.add(
            (0..<12).map { MemoryRegistry.layer("file\($0)", 150_000 + 70_000 * $0, seed: UInt64($0 + 1)) },
            name: "\(reference)"
        )
        try layout.finish()
        let store = try shop.store()
        try store.importArchive(layout.path)
        func client() -> RegistryClient {
            MemoryRegistry.client([front.name]) {
                $0.registries[0].security = .verified
                $0.registries[0].authorities = front.authority.certificate
            }
        }
        let digest = try store.push(reference, to: reference, by: client())
        let pushed = try front.lines()
        let other = try Workshop()
        let image = try other.store().pull(reference, from: client())
        #expect(image.digest == digest && image.layers.count == 12)
        let pulled = try front.lines().dropFirst(pushed.count)
        for (lines, blobs) in [
            (pushed, "PUT /v2/team/app/blobs/"), (Array(pulled), "GET /v2/team/app/blobs/"),
        ] {
            #expect(lines.allSatisfy { $0.version == "HTTP/2.0" }, "\(lines)")
            #expect(lines.filter { $0.request.hasPrefix(blobs) }.count == 13)
            #expect(Set(lines.map(\.connection)).count == 1, "\(lines.map(\.connection))")
        }
    }
}
