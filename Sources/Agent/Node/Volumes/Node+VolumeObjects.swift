// SPDX-License-Identifier: Apache-2.0
internal import Desired

// Volumes whose files are objects for others, too.

extension Node {
    /// Has in a volume what others did to its objects, if it has any.
    func fetchObjects(of name: VolumeName) async throws {
        guard kept[name]?.isHeld == true, kept[name]?.storage.mode == .objects else { return }
        await takeVolume(name)
        defer { endVolume(name) }
        guard kept[name]?.isHeld == true, let changes = try await kept[name]?.held?.fetch(), changes > 0
        else {
            return
        }
        let what = changes == 1 ? "1 file" : "\(changes) files"
        events.append(
            .restored,
            app: name.app,
            "volume \(name.name): \(what) as others left them in its store"
        )
    }
}

extension VolumeStorage {
    /// What holds for two nodes that write the same volume, whatever its store is good for; nil if that depends on it.
    var lasting: String? { mode == .objects ? "unfenced" : nil }
}
