// SPDX-License-Identifier: Apache-2.0
internal import Control
internal import Desired
internal import Images
internal import Linux

// Instances that stand on a snapshot.

extension Node {
    /// An image with the snapshot on which an instance stands.
    func grounded(_ image: Image, _ record: InstanceRecord) async throws -> Image {
        guard let base = record.base else { return image }
        let store = snapshots
        let layers = try await Thread.run { try store.layers(of: base) }
        return Image(
            name: image.name,
            digest: image.digest,
            config: image.config,
            layers: image.layers + layers,
            size: image.size
        )
    }

    /// Why a service cannot stand on the snapshot that it names; nil if it can, or names none.
    nonisolated func refusal(of service: Service, on digest: Digest) -> (what: String, remedy: String)? {
        guard let name = service.snapshot else { return nil }
        do {
            _ = try snapshots.layers(of: name)
            guard let snapshot = try snapshots.find(name), snapshot.imageDigest != "\(digest)" else {
                return nil
            }
            return (
                "snapshot \(name) was taken on \(snapshot.image), \(snapshot.imageDigest), and the image is "
                    + "\(digest)",
                "name that image, or take another snapshot"
            )
        } catch let error as ControlError {
            return (error.what, error.remedy)
        } catch let error as AgentError {
            return ("\(error.subject): \(error.cause)", "see `martlet snapshot list`")
        } catch {
            return ("\(error)", "")
        }
    }
}
