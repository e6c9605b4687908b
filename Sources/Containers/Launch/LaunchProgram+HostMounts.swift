// SPDX-License-Identifier: Apache-2.0
internal import CLaunch

// The mounts of the host side: they need what the container has no rights for, or no view of.

extension LaunchProgram {
    /// What the stage makes for the child.
    struct Handed {
        var root = Slot.none
        var files: [Slot] = []
        var mounts: [MountPlace: Slot] = [:]
        var all: [Slot] { [root] + files + mounts.values.sorted { $0.number < $1.number } }
    }

    mutating func addHostMounts(
        _ spec: ContainerSpec,
        _ outside: Outside,
        users: Slot?,
        host: Slot,
        features: KernelFeatures
    ) -> Handed {
        var made = Handed()
        made.files = addFiles(spec, host: host, features: features)
        for (place, mount) in spec.places {
            if let tree = outside.binds[place] {
                made.mounts[place] = addBind(mount, tree: tree, users: users, map: outside.maps[place])
            } else if spec.isMadeByHost(mount),
                case .fileSystem(let type, let options, let flags) = mount.source
            {
                made.mounts[place] = addFileSystem(type, options, mount.attributes.set, flags: flags)
            }
        }
        switch spec.root.content {
        case .overlay(let layers, let scratch):
            made.root = addOverlay(
                layers,
                scratch: scratch,
                owner: spec.users.owner(uid: 0, gid: 0)?.uid ?? 0,
                host: host,
                users: users,
                isMadeAfterClone: spec.users.isNew,
                features: features
            )
        case .directory:
            made.root = outside.root ?? .none
            let follows = spec.root.propagation.kind == .slave
            let kind: Propagation.Kind = follows ? .slave : .private
            add(MARTLET_OP_SETATTR, a: made.root, c: 1, y: kind.rawValue)
        }
        return made
    }
}
