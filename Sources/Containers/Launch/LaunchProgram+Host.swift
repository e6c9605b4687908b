// SPDX-License-Identifier: Apache-2.0
internal import CLaunch
internal import CLinux
internal import Glibc
internal import Linux

// The host side: what the stage makes and hands over by descriptor.

private let identifiers: UInt32 = 65_536

extension LaunchProgram {
    /// A tmpfs with the device nodes and links that the specification names, owned by the container's root.
    mutating func addDevices(_ devices: [DeviceNode], owner: UInt32) -> Slot {
        let dev = addFileSystem(
            "tmpfs",
            [("mode", "0755"), ("size", "65536k"), ("uid", "\(owner)"), ("gid", "\(owner)")],
            Attribute.noSetuid | Attribute.noExec
        )
        let nodes: [(String, UInt64)] = [
            ("null", 3), ("zero", 5), ("full", 7), ("random", 8), ("urandom", 9), ("tty", 5 << 8 | 0),
        ]
        for (name, minor) in nodes {
            let device = name == "tty" ? UInt64(5) << 8 : UInt64(1) << 8 | minor
            add(MARTLET_OP_MKNOD, a: dev, text: .string(name), x: UInt64(S_IFCHR | 0o666), y: device)
        }
        let links = [
            ("/proc/self/fd", "fd"), ("/proc/self/fd/0", "stdin"), ("/proc/self/fd/1", "stdout"),
            ("/proc/self/fd/2", "stderr"), ("pts/ptmx", "ptmx"),
        ]
        for (link, name) in links {
            add(MARTLET_OP_SYMLINK, a: dev, text: .string(link), more: .string(name))
        }
        for name in ["pts", "shm", "mqueue"] { add(MARTLET_OP_MKDIR, a: dev, text: .string(name), x: 0o755) }
        if owner != 0 {
            for name in nodes.map(\.0) + links.map(\.1) + ["pts", "shm", "mqueue"] {
                add(MARTLET_OP_OWNER, a: dev, text: .string(name), x: UInt64(owner), y: UInt64(owner))
            }
        }
        var folders: Set<Substring> = []
        for device in devices {
            let parts = device.path.split(separator: "/").dropFirst()
            if parts.count == 2, let folder = parts.first, folders.insert(folder).inserted {
                add(MARTLET_OP_MKDIR, a: dev, text: .string(String(folder)), x: 0o755)
                add(
                    MARTLET_OP_OWNER,
                    a: dev,
                    text: .string(String(folder)),
                    x: UInt64(owner),
                    y: UInt64(owner)
                )
            }
            let name = parts.joined(separator: "/")
            let kind = UInt64(device.isBlock ? S_IFBLK : S_IFCHR)
            add(MARTLET_OP_MKNOD, a: dev, text: .string(name), x: kind | 0o660, y: device.raw)
            add(MARTLET_OP_OWNER, a: dev, text: .string(name), x: UInt64(owner), y: UInt64(owner))
        }
        return dev
    }

    mutating func addClone(_ spec: ContainerSpec, cgroup: Slot??) {
        var flags = MARTLET_CLONE_NEWNS | MARTLET_CLONE_NEWPID | MARTLET_CLONE_NEWIPC | MARTLET_CLONE_NEWUTS
        if spec.ownsNetwork { flags |= MARTLET_CLONE_NEWNET }
        var map = ""
        if let first = spec.hostIDs {
            flags |= MARTLET_CLONE_NEWUSER
            map = "0 \(first) \(identifiers)\n"
        }
        add(
            MARTLET_OP_CLONE,
            a: (cgroup ?? nil) ?? .none,
            text: .string(map),
            more: .string(map),
            x: UInt64(flags)
        )
    }

    /// Each small file as a mount of its own.
    ///
    /// They are made on the host side because only a mount of the caller's own namespace can be cloned on
    /// kernels before 6.15.
    mutating func addFiles(_ spec: ContainerSpec, host: Slot) -> [Slot] {
        guard !spec.files.isEmpty else { return [] }
        let owner = spec.hostIDs ?? 0
        let folder = addFileSystem(
            "tmpfs",
            [
                ("mode", "0755"), ("size", "\(Self.room(for: spec.files))"), ("uid", "\(owner)"),
                ("gid", "\(owner)"),
            ],
            Attribute.noSetuid | Attribute.noDevices | Attribute.noExec
        )
        add(MARTLET_OP_MOVE, a: folder, b: host)
        return spec.files.enumerated().map { index, file in
            let name = "\(index)"
            add(
                MARTLET_OP_FILE,
                a: folder,
                text: .string(name),
                more: .bytes(file.content),
                x: UInt64(file.mode)
            )
            add(
                MARTLET_OP_OWNER,
                a: folder,
                text: .string(name),
                x: UInt64(owner) + UInt64(file.uid),
                y: UInt64(owner) + UInt64(file.gid)
            )
            let tree = fill(MARTLET_OP_TREE, from: folder, text: .string(name), x: Tree.clone)
            if file.readOnly {
                let runs = file.mode & 0o111 != 0
                add(MARTLET_OP_SETATTR, a: tree, x: Attribute.readOnly, y: runs ? Attribute.noExec << 32 : 0)
            }
            return tree
        }
    }

    /// Bytes for a tmpfs that holds these files, in pages, with some for its own use.
    private static func room(for files: [ContainerSpec.File]) -> Int {
        files.reduce(1 << 20) { $0 + ($1.content.count + 0xffff) & ~0xffff }
    }

    mutating func addBind(_ mount: ContainerSpec.Mount, tree source: Slot, users: Slot?) -> Slot {
        var attributes = Attribute.noSetuid | Attribute.noDevices
        if mount.readOnly { attributes |= Attribute.readOnly }
        if users != nil { attributes |= Attribute.idmap }
        add(
            MARTLET_OP_SETATTR,
            a: source,
            b: users ?? .none,
            c: 1,
            x: attributes,
            y: Attribute.privatePropagation
        )
        return source
    }

    /// The root: every layer a clone of its directory, idmapped when there is a user namespace, joined by
    /// overlayfs from descriptors; on older kernels from short relative names in the stage's own namespace.
    mutating func addOverlay(
        _ root: ContainerSpec.Root,
        owner: UInt32,
        host: Slot,
        users: Slot?,
        features: KernelFeatures
    ) -> Slot {
        let readOnly = Attribute.readOnly | Attribute.noDevices
        let lower = root.layers.reversed().map {
            addLayer($0, host: host, users: users, attributes: readOnly)
        }
        // The writable layer is not idmapped: overlayfs creates in it with the mounter's own ids, which such
        // a mount could not express. Its files carry the container's host ids instead.
        let scratch = addLayer(root.scratch, host: host, users: nil, attributes: Attribute.noDevices)
        add(MARTLET_OP_OWNER, a: scratch, text: .string("up"), x: UInt64(owner), y: UInt64(owner))
        if features.contains(.overlayByDescriptor) {
            let upper = openDirectory(scratch, "up")
            let work = openDirectory(scratch, "work")
            let context = fill(MARTLET_OP_FSOPEN, text: .string("overlay"))
            for layer in lower { add(MARTLET_OP_FSFD, a: context, b: layer, text: .string("lowerdir+")) }
            add(MARTLET_OP_FSFD, a: context, b: upper, text: .string("upperdir"))
            add(MARTLET_OP_FSFD, a: context, b: work, text: .string("workdir"))
            add(MARTLET_OP_FSFLAG, a: context, text: .string("volatile"))
            return fill(MARTLET_OP_FSMOUNT, from: context, x: Attribute.noDevices)
        }
        let desk = addFileSystem("tmpfs", [("mode", "0700")], 0)
        add(MARTLET_OP_MOVE, a: desk, b: host)
        add(MARTLET_OP_FCHDIR, a: desk)
        var names: [String] = []
        for (index, layer) in (lower + [scratch]).enumerated() {
            let name = index == lower.count ? "scratch" : Self.shortName(index)
            add(MARTLET_OP_MKDIR, a: desk, text: .string(name), x: 0o700)
            add(MARTLET_OP_MOVE, a: layer, b: openDirectory(desk, name))
            names.append(name)
        }
        let context = fill(MARTLET_OP_FSOPEN, text: .string("overlay"))
        let options = [
            ("lowerdir", names.dropLast().joined(separator: ":")), ("upperdir", "scratch/up"),
            ("workdir", "scratch/work"),
        ]
        for (key, value) in options {
            add(MARTLET_OP_FSSTRING, a: context, text: .string(key), more: .string(value))
        }
        add(MARTLET_OP_FSFLAG, a: context, text: .string("volatile"))
        return fill(MARTLET_OP_FSMOUNT, from: context, x: Attribute.noDevices)
    }

    mutating func addLayer(_ path: String, host: Slot, users: Slot?, attributes: UInt64) -> Slot {
        let relative = String(path.drop { $0 == "/" })
        let tree = fill(MARTLET_OP_TREE, from: host, text: .string(relative), x: Tree.clone)
        add(
            MARTLET_OP_SETATTR,
            a: tree,
            b: users ?? .none,
            x: attributes | (users == nil ? 0 : Attribute.idmap),
            y: Attribute.privatePropagation
        )
        return tree
    }

    /// One byte for the first 62 layers, two beyond: option strings of fsconfig(2) end at 255 bytes.
    static func shortName(_ index: Int) -> String {
        let digits = Array("0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ")
        return (index >= digits.count ? String(digits[index / digits.count - 1]) : "")
            + String(digits[index % digits.count])
    }
}
