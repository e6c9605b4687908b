// SPDX-License-Identifier: Apache-2.0
internal import CLaunch
internal import CLinux

// The file systems that a container has when it is told nothing else. They need nothing of its image, so the child
// makes and covers them while the stage makes the root, and moves them there whole.

extension LaunchProgram {
    /// The usual file systems, stacked out of the way.
    struct Usual {
        let dev, proc, sys, terminals: Slot

        /// Whether a path below the root lies in one of those whose masks are in place.
        func holds(_ path: String) -> Bool { Self.split(path) != nil }

        /// The file system and the path in it, for one that is covered here; what has a dot in it may lead elsewhere.
        static func split(_ path: String) -> (isProc: Bool, rest: String)? {
            let path = path.relative
            guard !path.utf8.contains(UInt8(ascii: ".")) else { return nil }
            if path.utf8.starts(with: "proc/".utf8) { return (true, String(path.dropFirst(5))) }
            return path.utf8.starts(with: "sys/".utf8) ? (false, String(path.dropFirst(4))) : nil
        }
    }

    /// Makes `/dev`, `/proc` and `/sys` with all that lies in them, upon the host's `/proc` in the child's own view.
    ///
    /// Each lies upon the one before, so they go to the root in the opposite order.
    mutating func addUsualFileSystems(_ spec: ContainerSpec, dev: Slot) -> Usual {
        let place = openDirectory(fill(MARTLET_OP_ROOT), "proc")
        add(MARTLET_OP_MOVE, a: dev, b: place)
        var made: [String: Slot] = [:]
        for mount in spec.usualFileSystems {
            guard case .fileSystem(let type, let options, let flags) = mount.source,
                mount.destination != "/dev"
            else { continue }
            let slot = addFileSystem(type, options, mount.attributes.set, flags: flags)
            made[mount.destination] = slot
            switch mount.destination {
            case "/proc", "/sys": add(MARTLET_OP_MOVE, a: slot, b: place)
            case let path where path.hasPrefix("/dev/"):
                let name = String(path.dropFirst(5))
                add(MARTLET_OP_MKDIR, a: dev, text: .string(name), x: 0o755)
                add(MARTLET_OP_MOVE, a: slot, b: openDirectory(dev, name))
            default:
                let sys = made["/sys"] ?? .none
                add(MARTLET_OP_MOVE, a: slot, b: openDirectory(sys, String(mount.destination.dropFirst(5))))
            }
        }
        let usual = Usual(
            dev: dev,
            proc: made["/proc"] ?? .none,
            sys: made["/sys"] ?? .none,
            terminals: made["/dev/pts"] ?? .none
        )
        addSysctls(spec, proc: usual.proc)
        for path in spec.readOnlyPaths {
            guard let (isProc, rest) = Usual.split(path) else { continue }
            add(MARTLET_OP_READONLY, a: isProc ? usual.proc : usual.sys, text: .string(rest), y: strict)
        }
        for path in spec.maskedPaths {
            guard let (isProc, rest) = Usual.split(path) else { continue }
            add(MARTLET_OP_MASK, a: isProc ? usual.proc : usual.sys, b: dev, text: .string(rest), y: strict)
        }
        return usual
    }

    mutating func moveIntoRoot(_ usual: Usual, _ root: Slot) {
        for (slot, path) in [(usual.sys, "/sys"), (usual.proc, "/proc"), (usual.dev, "/dev")] {
            attach(slot, root, path, resolve: strict)
        }
    }
}

extension ContainerSpec {
    /// Whether the child can make its file systems beside the stage: the usual ones, in namespaces of its own.
    ///
    /// A bundle says an order, and since Linux 6.8 mountinfo is sorted by age; then they come after the root.
    var canWorkAhead: Bool {
        fileSystems == nil && users.isNew && users.hasRoot && !usualFileSystems.contains(where: isMadeByHost)
    }
}
