// SPDX-License-Identifier: Apache-2.0
internal import Glibc
internal import Linux
internal import Synchronization
internal import TestKit
internal import Testing
internal import Transfer

@testable internal import Images

/// A large layer over a wire that breaks again and again.
@Suite(
    .enabled(if: geteuid() == 0 && DebianRegistry.isThere, "needs root, docker-registry and skopeo")
) struct ManyResetsTests {
    @Test func `a layer whose connections are all reset comes with no more than a hundredth twice`() throws {
        let isSoak = getenv("MARTLET_SOAK") != nil
        let (size, step) = isSoak ? (1 << 30, 10 << 20) : (64 << 20, 1 << 20)
        let shop = try Workshop()
        let registry = try DebianRegistry(in: shop.path + "/registry")
        let reference = try Reference("\(registry.name)/big:1")
        let digest = try bring(size, to: registry, as: reference, in: shop)

        let proxy = try CuttingProxy(to: registry.port, every: step)
        let near = try Reference("\(proxy.name)/big:1")
        let client = MemoryRegistry.client([proxy.name], attempts: 3)
        let start = ContinuousClock.now
        let image = try shop.store().pull(near, from: client)
        let seconds = start.duration(to: .now)
        let sum = try Workshop.run(
            "cd \(image.layers[0]) && tar --sort=name --mtime=@0 -cf - file | sha256sum"
        )
        #expect(sum.hasPrefix(digest.hex))
        #expect(proxy.cuts >= size / step - 1)
        #expect(proxy.passed <= size + size / 100, "\(proxy.passed) bytes for \(size)")
        let line = "\(size) bytes, \(proxy.cuts) resets: \(proxy.passed - size) bytes more, \(seconds)\n"
        try Descriptor.open("/dev/stderr", O_WRONLY).write(Array(line.utf8))
    }

    /// Puts an image with one layer of that size into a registry, without having it in memory.
    private func bring(
        _ size: Int,
        to registry: DebianRegistry,
        as reference: Reference,
        in shop: Workshop
    ) throws -> Digest {
        try Workshop.run(
            "cd \(shop.path) && head -c \(size) /dev/urandom >file && tar --sort=name --mtime=@0 -cf layer.tar file && rm file"
        )
        let (digest, bytes) = try Workshop.sum(shop.path + "/layer.tar")
        let config = Array(LayoutWriter.config([digest]).utf8)
        let manifest = Array(
            #"{"schemaVersion":2,"mediaType":"\#(MediaType.ociManifest)","config":\#(LayoutWriter.pointer(MediaType.ociConfig, "\(Digest(of: config))", config.count)),"layers":[\#(LayoutWriter.pointer(MediaType.ociLayer, "\(digest)", bytes))]}"#
                .utf8
        )
        let client = registry.client()
        let session = try #require(
            try client.sessions(for: reference, actions: "pull,push", scope: TransferScope()).first
        )
        let small = try shop.write(config, to: "config")
        for (type, digest, count, path) in [
            (MediaType.ociLayer, digest, bytes, shop.path + "/layer.tar"),
            (MediaType.ociConfig, Digest(of: config), config.count, small),
        ] {
            try session.upload(
                ContentDescriptor(mediaType: type, digest: digest, size: count),
                Descriptor.open(path, O_RDONLY)
            )
        }
        try session.put(
            RegistryDocument(
                content: ContentDescriptor(
                    mediaType: MediaType.ociManifest,
                    digest: Digest(of: manifest),
                    size: manifest.count
                ),
                bytes: manifest
            ),
            as: "1"
        )
        try Workshop.run("rm \(shop.path)/layer.tar")
        return digest
    }
}
