// SPDX-License-Identifier: Apache-2.0
internal import FoundationEssentials
internal import Images
internal import Intake
internal import Transfer

/// What a source needs of an artifact's manifest (OCI image spec, "Guidelines for Artifact Usage").
private struct ArtifactManifest: Decodable {
    let layers: [ContentDescriptor]
}

extension Node {
    private static let title = "org.opencontainers.image.title"

    /// Fetches artifacts as images are fetched: by the same mirrors, with the same passwords.
    nonisolated var artifacts: Artifact.Reader {
        { [registries] name, known, scope throws(IntakeError) in
            do throws(ImageError) {
                let reference = try Reference(name)
                let manifest = try registries.document(reference, in: scope)
                let digest = manifest.content.digest.description
                guard digest != known else { return nil }
                var files: [String: [UInt8]] = [:]
                for layer in try Self.layers(manifest.bytes, name) {
                    guard let title = layer.annotations[Self.title] else { continue }
                    guard Self.isFileName(title), files[title] == nil else {
                        throw ImageError(
                            "read",
                            name,
                            .malformed(
                                "'\(title.prefix(80))' cannot be the name of a file, or is there twice"
                            )
                        )
                    }
                    files[title] = try registries.blob(layer, of: reference, in: scope).bytes
                }
                return Artifact(digest: digest, files: files)
            } catch {
                throw Self.intakeError(error)
            }
        }
    }

    private static func layers(_ bytes: [UInt8], _ name: String) throws(ImageError) -> [ContentDescriptor] {
        guard let manifest = try? JSONDecoder().decode(ArtifactManifest.self, from: Data(bytes)) else {
            throw ImageError("read", name, .malformed("is no artifact: its manifest has no layers"))
        }
        let size = manifest.layers.reduce(0) { $0.addingReportingOverflow($1.size).partialValue }
        guard manifest.layers.count <= Artifact.maximumFiles,
            manifest.layers.allSatisfy({ $0.size <= Artifact.maximumFile }), size <= 4 * Artifact.maximumFile
        else {
            throw ImageError(
                "read",
                name,
                .limit(
                    "more than \(Artifact.maximumFiles) files, or larger than 4 MiB each and 16 MiB in all"
                )
            )
        }
        return manifest.layers
    }

    private static func isFileName(_ title: String) -> Bool {
        (1...255).contains(title.utf8.count) && !title.contains("/") && title != "." && title != ".."
            && !title.utf8.contains(where: { $0 < 0x20 || $0 == 0x7F })
    }

    /// What is not right will not be right by asking again soon.
    private static func intakeError(_ error: ImageError) -> IntakeError {
        switch error.cause {
        case .malformed, .mismatch, .limit, .unsupported, .refused: IntakeError(.refused, "", "\(error)")
        case .system, .absent, .transfer, .registry, .cancelled: IntakeError(.unreachable, "", "\(error)")
        }
    }
}
