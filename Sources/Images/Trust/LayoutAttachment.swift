// SPDX-License-Identifier: Apache-2.0

/// What cosign keeps beside images in the same layout: it is no image, whatever its manifest looks like.
enum LayoutAttachment: Equatable {
    /// Signatures, of a digest if that is told.
    case signatures(of: Digest?)
    /// Attestations, bills of materials.
    case other

    /// What an entry of a layout's index is by its notes; nil if it is an image.
    ///
    /// `cosign save` tells it by `kind`, tools that copy tags by the name `[NAME:]sha256-HEX.sig`.
    init?(_ entry: ContentDescriptor) {
        switch entry.annotations["kind"] {
        case "dev.cosignproject.cosign/sigs": self = .signatures(of: Self.tagged(entry)?.digest)
        case "dev.cosignproject.cosign/atts": self = .other
        default:
            guard let (digest, suffix) = Self.tagged(entry) else { return nil }
            self = suffix == "sig" ? .signatures(of: digest) : .other
        }
    }

    private static func tagged(_ entry: ContentDescriptor) -> (digest: Digest, suffix: Substring)? {
        for key in ["io.containerd.image.name", "org.opencontainers.image.ref.name"] {
            guard let tag = entry.annotations[key]?.split(separator: ":").last, tag.hasPrefix("sha256-")
            else {
                continue
            }
            let parts = tag.dropFirst(7).split(separator: ".", omittingEmptySubsequences: false)
            guard parts.count == 2, ["sig", "att", "sbom"].contains(parts[1]),
                let digest = try? Digest(hex: String(parts[0]))
            else { continue }
            return (digest, parts[1])
        }
        return nil
    }
}
