// SPDX-License-Identifier: Apache-2.0
internal import CLaunch
internal import CLinux
internal import Glibc
internal import Linux

// The host side: what the stage makes and hands over by descriptor.

extension LaunchProgram {
    /// The nodes that every container has, OCI runtime specification, "Default Devices".
    static let usualNodes: [(name: String, device: UInt64)] = [
        ("null", 1 << 8 | 3), ("zero", 1 << 8 | 5), ("full", 1 << 8 | 7), ("random", 1 << 8 | 8),
        ("urandom", 1 << 8 | 9), ("tty", 5 << 8),
    ]

    private static let usualLinks = [
        ("/proc/self/fd", "fd"), ("/proc/self/fd/0", "stdin"), ("/proc/self/fd/1", "stdout"),
        ("/proc/self/fd/2", "stderr"), ("pts/ptmx", "ptmx"),
    ]

    /// A tmpfs with the device nodes and links that the specification names, owned by the container's root.
    mutating func addDevices(_ spec: ContainerSpec) -> Slot {
        let owner = spec.users.owner(uid: 0, gid: 0) ?? (0, 0)
        let mount = spec.placeOfDev.map { (spec.fileSystems ?? spec.usualFileSystems)[$0] }
        var options: [(key: String, value: String)] = [("mode", "0755"), ("size", "65536k")]
        var flags: [String] = []
        if case .fileSystem(_, let given, let words) = mount?.source {
            options = given.filter { $0.key != "uid" && $0.key != "gid" }
            flags = words
        }
        options += [("uid", "\(owner.uid)"), ("gid", "\(owner.gid)")]
        let attributes = mount?.attributes.set ?? Attribute.noSetuid | Attribute.noExec
        let dev = addFileSystem("tmpfs", options, attributes & ~Attribute.readOnly, flags: flags)
        for (name, device) in Self.usualNodes
        where !spec.devices.contains(where: { $0.path == "/dev/\(name)" }) {
            add(MARTLET_OP_MKNOD, a: dev, text: .string(name), x: UInt64(S_IFCHR | 0o666), y: device)
            own(dev, name, owner)
        }
        for (link, name) in Self.usualLinks {
            add(MARTLET_OP_SYMLINK, a: dev, text: .string(link), more: .string(name))
            own(dev, name, owner)
        }
        var folders: Set<String> = []
        for device in spec.devices {
            let parts = device.path.split(separator: "/").dropFirst()
            for length in 1..<max(parts.count, 1) {
                let folder = parts.prefix(length).joined(separator: "/")
                guard folders.insert(folder).inserted else { continue }
                add(MARTLET_OP_MKDIR, a: dev, text: .string(folder), x: 0o755)
                own(dev, folder, owner)
            }
            let name = parts.joined(separator: "/")
            let mode = UInt64(device.kind.rawValue | device.mode)
            add(MARTLET_OP_MKNOD, a: dev, text: .string(name), x: mode, y: device.raw)
            add(
                MARTLET_OP_OWNER,
                a: dev,
                text: .string(name),
                x: UInt64(spec.users.owner(uid: device.uid, gid: device.gid)?.uid ?? owner.uid),
                y: UInt64(spec.users.owner(uid: device.uid, gid: device.gid)?.gid ?? owner.gid)
            )
        }
        return dev
    }

    private mutating func own(_ folder: Slot, _ name: String, _ owner: (uid: UInt32, gid: UInt32)) {
        guard owner != (0, 0) else { return }
        add(MARTLET_OP_OWNER, a: folder, text: .string(name), x: UInt64(owner.uid), y: UInt64(owner.gid))
    }

    mutating func addClone(_ spec: ContainerSpec, cgroup: Slot?) {
        var flags = MARTLET_CLONE_NEWNS
        for (origin, flag) in spec.namespaces.all
        where origin.isNew && flag != MARTLET_CLONE_NEWCGROUP && flag != MARTLET_CLONE_NEWTIME {
            flags |= flag
        }
        var maps = ("", "")
        if case .new(let uids, let gids) = spec.users {
            flags |= MARTLET_CLONE_NEWUSER
            maps = (Users.text(of: uids), Users.text(of: gids))
        }
        add(
            MARTLET_OP_CLONE,
            a: cgroup ?? .none,
            text: .string(maps.0),
            more: .string(maps.1),
            x: UInt64(flags)
        )
    }

    /// Each small file as a mount of its own.
    ///
    /// They are made on the host side because only a mount of the caller's own namespace can be cloned on
    /// kernels before 6.15.
    mutating func addFiles(_ spec: ContainerSpec, host: Slot, features: KernelFeatures) -> [Slot] {
        let root = spec.users.owner(uid: 0, gid: 0) ?? (0, 0)
        // Secrets have one of their own, which is never swapped out.
        var folders: [Bool: Slot] = [:]
        for isSecret in [false, true] {
            let files = spec.files.filter { $0.content.isSecret == isSecret }
            if files.isEmpty { continue }
            let folder = addFileSystem(
                "tmpfs",
                [
                    ("mode", isSecret ? "0700" : "0755"), ("size", "\(Self.room(for: files))"),
                    ("uid", "\(root.uid)"), ("gid", "\(root.gid)"),
                ],
                Attribute.noSetuid | Attribute.noDevices | Attribute.noExec,
                flags: isSecret && features.contains(.tmpfsWithoutSwap) ? ["noswap"] : []
            )
            add(MARTLET_OP_MOVE, a: folder, b: host)
            folders[isSecret] = folder
        }
        return spec.files.enumerated().map { index, file in
            let name = "\(index)"
            let folder = folders[file.content.isSecret] ?? .none
            let content: Data =
                switch file.content {
                case .plain(let bytes): .bytes(bytes)
                case .secret(let content): .secret(content)
                }
            add(MARTLET_OP_FILE, a: folder, text: .string(name), more: content, x: UInt64(file.mode))
            let owner = spec.users.owner(uid: file.uid, gid: file.gid) ?? root
            add(
                MARTLET_OP_OWNER,
                a: folder,
                text: .string(name),
                x: UInt64(owner.uid),
                y: UInt64(owner.gid)
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

    mutating func addBind(_ mount: ContainerSpec.Mount, tree: Slot, users: Slot?, map: Slot?) -> Slot {
        var own = mount.attributes
        var all = mount.recursiveAttributes
        var ids = Slot.none
        switch mount.idMap {
        case .none: break
        case .container(let isRecursive):
            guard let users else { break }
            ids = users
            if isRecursive { all.set |= Attribute.idmap } else { own.set |= Attribute.idmap }
        case .namespace(_, let isRecursive):
            ids = map ?? .none
            if isRecursive { all.set |= Attribute.idmap } else { own.set |= Attribute.idmap }
        }
        add(
            MARTLET_OP_SETATTR,
            a: tree,
            b: all.set & Attribute.idmap == 0 ? .none : ids,
            c: 1,
            x: all.set,
            y: all.clear << 32 | mount.propagation.kind.rawValue
        )
        if own != ContainerSpec.Mount.Attributes() {
            let isMapped = own.set & Attribute.idmap != 0
            add(MARTLET_OP_SETATTR, a: tree, b: isMapped ? ids : .none, x: own.set, y: own.clear << 32)
        }
        return tree
    }

    /// The root: every layer a clone of its directory, idmapped when there is a user namespace, joined by
    /// overlayfs from descriptors; on older kernels from short relative names in the stage's own namespace.
    mutating func addOverlay(
        _ layers: [String],
        scratch folder: String,
        owner: UInt32,
        host: Slot,
        users: Slot?,
        isMadeAfterClone: Bool,
        features: KernelFeatures
    ) -> Slot {
        let readOnly = Attribute.readOnly | Attribute.noDevices
        let lower = layers.reversed().map {
            addLayer($0, host: host, users: users, attributes: readOnly)
        }
        // The writable layer is not idmapped: overlayfs creates in it with the mounter's own ids, which such
        // a mount could not express. Its files carry the container's host ids instead.
        let scratch = addLayer(folder, host: host, users: nil, attributes: Attribute.noDevices)
        add(MARTLET_OP_OWNER, a: scratch, text: .string("up"), x: UInt64(owner), y: UInt64(owner))
        if features.contains(.overlayByDescriptor) {
            let upper = openDirectory(scratch, "up")
            let work = openDirectory(scratch, "work")
            let context = fill(MARTLET_OP_FSOPEN, text: .string("overlay"))
            for layer in lower { add(MARTLET_OP_FSFD, a: context, b: layer, text: .string("lowerdir+")) }
            add(MARTLET_OP_FSFD, a: context, b: upper, text: .string("upperdir"))
            add(MARTLET_OP_FSFD, a: context, b: work, text: .string("workdir"))
            add(MARTLET_OP_FSFLAG, a: context, text: .string("volatile"))
            let root = fill(MARTLET_OP_FSMOUNT, from: context, x: Attribute.noDevices)
            // Attached where nobody else looks, they all go at once; detached ones would each wait for the kernel's
            // grace period, and the child's mounts with them.
            if isMadeAfterClone { for layer in lower + [scratch] { add(MARTLET_OP_MOVE, a: layer, b: host) } }
            return root
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
