// SPDX-License-Identifier: Apache-2.0
internal import Glibc
internal import Lazy
internal import Linux
internal import Volumes

extension Folders {
    /// The folder of a volume.
    func volume(_ name: VolumeName) -> VolumeFolder {
        VolumeFolder(app: "\(volumes)/\(name.app)", name: name.name)
    }

    /// The volumes of which a version may be mounted, and what their files go on from.
    func servedVolumes() throws -> [VolumeName: VolumeFolder.Mark] {
        var found: [VolumeName: VolumeFolder.Mark] = [:]
        let store = VolumeStore(folder: volumes)
        for app in try Descriptor.open(volumes, O_RDONLY | O_DIRECTORY).entries().map(\.description) {
            for name in try store.list(app: app).map({ VolumeName(app: app, name: $0) }) {
                if let mark = volume(name).mark, mark.served != nil { found[name] = mark }
            }
        }
        return found
    }

    /// Ends all who serve versions, and takes their mounts away.
    func endServing() throws {
        for name in try servedVolumes().keys { try LazyVolume(volume(name).path).end() }
    }
}
