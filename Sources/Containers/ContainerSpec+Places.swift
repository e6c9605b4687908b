// SPDX-License-Identifier: Apache-2.0

/// Where a mount stands in a spec.
enum MountPlace: Hashable {
    case fileSystem(Int)
    case mount(Int)
}

extension ContainerSpec {
    /// Every mount with its place, in the order of attaching.
    var places: [(MountPlace, Mount)] {
        (fileSystems ?? usualFileSystems).enumerated().map { (.fileSystem($0), $1) }
            + mounts.enumerated().map { (.mount($0), $1) }
    }

    /// Which of the file systems is a tmpfs for devices.
    var placeOfDev: Int? {
        (fileSystems ?? usualFileSystems).firstIndex { $0.fileSystem == "tmpfs" && $0.isDev }
    }

    /// The host's `/dev` or another finished one is shown inside.
    var bindsDev: Bool { (fileSystems ?? []).contains { $0.isBind && $0.isDev } }

    /// A file system that belongs to a namespace over which the container's own root has no rights.
    func isMadeByHost(_ mount: Mount) -> Bool {
        guard !users.isHost else { return false }
        switch mount.fileSystem {
        case "sysfs": return !namespaces.network.isNew
        case "mqueue": return !namespaces.ipc.isNew
        case "cgroup2": return !namespaces.cgroup.isNew
        default: return false
        }
    }
}

extension ContainerSpec.Mount {
    var isDev: Bool { destination.split(separator: "/").filter { $0 != "." } == ["dev"] }
}
