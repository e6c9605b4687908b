internal import Linux
internal import Synchronization
// SPDX-License-Identifier: Apache-2.0
internal import TestKit
internal import Transfer

@testable internal import Images

/// A registry in memory, for one repository, that a test may have lie.
final class MemoryRegistry: Sendable {
    struct Content: Sendable {
        var manifests: [String: (type: String, bytes: [UInt8])] = [:]
        var blobs: [String: [UInt8]] = [:]

        /// The blob of the first layer.
        var layer = ""
    }

    let web: WebServer
    var name: String { web.name }

    /// Serves `content`; `lie` may change the honest answer, or close the connection with nil.
    init(
        _ content: Content,
        address: String = "127.0.0.1",
        lie: @escaping @Sendable (Asked, Answer) -> Answer? = { $1 }
    ) throws {
        web = try WebServer(address: address) { asked in lie(asked, Self.honest(asked, content)) }
    }

    private static func honest(_ asked: Asked, _ content: Content) -> Answer {
        let parts = asked.path.split(separator: "/").map(String.init)
        guard parts.count >= 4, parts[0] == "v2" else { return Answer(status: 404) }
        let (kind, name) = (parts[parts.count - 2], parts[parts.count - 1])
        if kind == "manifests", let manifest = content.manifests[name] {
            return Answer(fields: [("Content-Type", manifest.type)], body: manifest.bytes)
        }
        guard kind == "blobs", let blob = content.blobs[name] else { return Answer(status: 404) }
        let start = asked.fields["range"].flatMap { Int($0.dropFirst("bytes=".count).dropLast()) }
        guard let start else { return Answer(body: blob) }
        guard start < blob.count else { return Answer(status: 416) }
        return Answer(
            status: 206,
            fields: [("Content-Range", "bytes \(start)-\(blob.count - 1)/\(blob.count)")],
            body: Array(blob[start...])
        )
    }

    /// An image of some layers, and what else `spoil` makes of its manifest.
    static func image(
        _ layers: [[UInt8]],
        architecture: String = Platform.running.architecture,
        diffIDs: [Digest]? = nil,
        spoil: (String) -> String = { $0 }
    ) -> Content {
        var content = Content()
        let config = Array(
            LayoutWriter.config(diffIDs ?? layers.map { Digest(of: $0) }, architecture: architecture).utf8
        )
        content.blobs["\(Digest(of: config))"] = config
        var pointers: [String] = []
        for layer in layers {
            content.blobs["\(Digest(of: layer))"] = layer
            pointers.append(LayoutWriter.pointer(MediaType.ociLayer, "\(Digest(of: layer))", layer.count))
        }
        content.layer = layers.first.map { "\(Digest(of: $0))" } ?? ""
        let manifest = Array(
            spoil(
                #"{"schemaVersion":2,"mediaType":"\#(MediaType.ociManifest)","config":\#(LayoutWriter.pointer(MediaType.ociConfig, "\(Digest(of: config))", config.count)),"layers":[\#(pointers.joined(separator: ","))]}"#
            ).utf8
        )
        content.manifests["1"] = (MediaType.ociManifest, manifest)
        content.manifests["\(Digest(of: manifest))"] = (MediaType.ociManifest, manifest)
        return content
    }

    /// A layer with one file of so many bytes that no compression shortens.
    static func layer(_ name: String, _ count: Int, seed: UInt64 = 7) -> [UInt8] {
        var state = seed
        var bytes = [UInt8](repeating: 0, count: count)
        for index in bytes.indices {
            state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
            bytes[index] = UInt8(truncatingIfNeeded: state >> 33)
        }
        var tar = TarWriter()
        tar.add(Array(name.utf8), content: bytes)
        return tar.finished
    }

    /// A client that does not wait for long.
    static func client(
        _ servers: [String],
        attempts: Int = 3,
        change: (inout RegistryConfiguration) -> Void = { _ in }
    ) -> RegistryClient {
        var configuration = RegistryConfiguration()
        configuration.registries = servers.map {
            var settings = RegistrySettings(prefix: $0)
            settings.security = .http
            return settings
        }
        configuration.retry.attempts = attempts
        configuration.retry.first = .milliseconds(2)
        configuration.retry.longest = .milliseconds(20)
        configuration.limits.patience = .seconds(1)
        change(&configuration)
        return RegistryClient(configuration)
    }
}
