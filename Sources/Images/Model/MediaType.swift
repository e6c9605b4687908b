// SPDX-License-Identifier: Apache-2.0

/// The media types that are understood, in OCI's and Docker's spelling.
enum MediaType {
    static let ociIndex = "application/vnd.oci.image.index.v1+json"
    static let ociManifest = "application/vnd.oci.image.manifest.v1+json"
    static let ociConfig = "application/vnd.oci.image.config.v1+json"
    static let ociLayer = "application/vnd.oci.image.layer.v1.tar"
    static let dockerIndex = "application/vnd.docker.distribution.manifest.list.v2+json"
    static let dockerManifest = "application/vnd.docker.distribution.manifest.v2+json"
    static let dockerConfig = "application/vnd.docker.container.image.v1+json"

    static let indexes: Set<String> = [ociIndex, dockerIndex]
    static let manifests: Set<String> = [ociManifest, dockerManifest]
    static let configs: Set<String> = [ociConfig, dockerConfig]

    /// Layers whose bytes are a tar archive, plain or compressed.
    ///
    /// Foreign and encrypted ones are not among them.
    static let layers: Set<String> = [
        ociLayer, ociLayer + "+gzip", ociLayer + "+zstd",
        "application/vnd.docker.image.rootfs.diff.tar",
        "application/vnd.docker.image.rootfs.diff.tar.gzip",
        "application/vnd.docker.image.rootfs.diff.tar.zstd",
    ]

    /// The type that one of our verified manifests gives itself; OCI's if it does not say.
    static func ofManifest(_ bytes: [UInt8]) -> String { named(in: bytes) ?? ociManifest }

    /// The type that a document gives itself; nil if it does not say.
    static func named(in bytes: [UInt8]) -> String? {
        struct Field: Decodable { var mediaType: String? }
        return (try? Document.decode(Field.self, from: bytes, "read document", ""))?.mediaType
    }
}
