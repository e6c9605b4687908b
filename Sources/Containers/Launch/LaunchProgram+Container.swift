// SPDX-License-Identifier: Apache-2.0
internal import CLaunch
internal import CLinux
internal import Glibc
internal import Linux

// Compiling a container. The order is the security argument: what the host must do is done on the host side
// and handed over by descriptor; the root is built before any tenant code can run; volumes, which others may
// be changing, come last and are pinned by descriptor; rights are dropped; then exec.

private let identifiers: UInt32 = 65_536

private enum Attribute {
    static let readOnly: UInt64 = 0x1
    static let noSetuid: UInt64 = 0x2
    static let noDevices: UInt64 = 0x4
    static let noExec: UInt64 = 0x8
    static let idmap: UInt64 = 0x10_0000
    static let privatePropagation: UInt64 = 1 << 18
}

private enum Tree {
    static let clone: UInt64 = 1
    static let recursive: UInt64 = 0x8000
}

/// Paths of the special mount points may hold no symbolic link at all.
private let strict = UInt64(MARTLET_RESOLVE_NO_SYMLINKS)

extension LaunchProgram {
    /// The program that makes a container.
    public init(
        _ spec: ContainerSpec,
        streams: StandardStreams,
        features: KernelFeatures
    ) throws(ContainerError) {
        self.init()
        try spec.check()
        let stdio = [streams.input, streams.output, streams.error].map { input($0) }
        let cgroup = spec.cgroup.map {
            (directory: $0.directory.map { input($0) }, files: $0.procs.map { input($0) })
        }
        var sources: [Slot] = []
        // Cloned here: the stage has a mount namespace of its own, in which our descriptors name no mount.
        for case .bind(let descriptor, _) in spec.mounts.map(\.source) {
            let tree = martlet_clone_tree(descriptor.number)
            let cause = errno
            guard tree >= 0 else { throw ContainerError(step: "clone mount", spec.id, cause: .errno(cause)) }
            sources.append(input(Descriptor(owning: tree)))
        }
        var joined: Slot?
        if case .join(let namespace) = spec.network { joined = input(namespace) }

        // The stage.
        let host = fill(MARTLET_OP_ROOT)
        let dev = addDevices(spec.devices, owner: spec.hostIDs ?? 0)
        addClone(spec, cgroup: cgroup?.directory)
        for file in cgroup?.files ?? [] { add(MARTLET_OP_CGROUP, a: file) }
        add(
            MARTLET_OP_PROC,
            text: .string("oom_score_adj"),
            more: .bytes(Array(String(spec.process.oomScore).utf8))
        )
        let users = spec.hostIDs == nil ? nil : fill(MARTLET_OP_NAMESPACE, text: .string("user"))
        let files = addFiles(spec, host: host)
        let binds = zip(spec.mounts.filter(\.isBind), sources).map { addBind($0, tree: $1, users: users) }
        let hostSys = spec.ownsNetwork ? nil : addKernelMount("sysfs", Attribute.readOnly | Attribute.noExec)
        let root = addOverlay(
            spec.root,
            owner: spec.hostIDs ?? 0,
            host: host,
            users: users,
            features: features
        )
        add(MARTLET_OP_HANDOVER, text: .slots([root] + files + binds + (hostSys.map { [$0] } ?? [])))
        if spec.ownsNetwork {
            let network = fill(MARTLET_OP_NAMESPACE, text: .string("net"))
            add(MARTLET_OP_EXPORT, text: .slots([network]))
        }

        // The container.
        enterContainer()
        add(MARTLET_OP_BECOME, text: .words([]))
        if let joined { add(MARTLET_OP_JOIN, a: joined, x: UInt64(MARTLET_CLONE_NEWNET)) }
        add(MARTLET_OP_UNSHARE, x: UInt64(MARTLET_CLONE_NEWCGROUP))
        add(MARTLET_OP_MOVE, a: root, b: fill(MARTLET_OP_ROOT))
        addKernelFileSystems(spec, root: root, dev: dev, hostSys: hostSys)
        for (file, slot) in zip(spec.files, files) { attach(slot, root, file.path, isFile: true) }
        addMounts(spec, root: root, binds: binds)
        if spec.process.directory != "/" { _ = target(root, spec.process.directory) }
        if spec.root.readOnly { add(MARTLET_OP_SETATTR, a: root, x: Attribute.readOnly) }
        add(MARTLET_OP_PIVOT, a: root)
        add(MARTLET_OP_HOSTNAME, text: .string(spec.hostname))
        addProcess(spec.process, stdio: stdio, withInit: spec.initProcess)
    }

    // MARK: The host side

    /// A tmpfs with the device nodes and links that the specification names, owned by the container's root.
    private mutating func addDevices(_ devices: [DeviceNode], owner: UInt32) -> Slot {
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

    private mutating func addClone(_ spec: ContainerSpec, cgroup: Slot??) {
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
    private mutating func addFiles(_ spec: ContainerSpec, host: Slot) -> [Slot] {
        guard !spec.files.isEmpty else { return [] }
        let owner = spec.hostIDs ?? 0
        let folder = addFileSystem(
            "tmpfs",
            [("mode", "0755"), ("size", "1m"), ("uid", "\(owner)"), ("gid", "\(owner)")],
            Attribute.noSetuid | Attribute.noDevices | Attribute.noExec
        )
        add(MARTLET_OP_MOVE, a: folder, b: host)
        return spec.files.enumerated().map { index, file in
            let name = "\(index)"
            add(
                MARTLET_OP_FILE,
                a: folder,
                text: .string(name),
                more: .bytes(Array(file.content.utf8)),
                x: 0o644
            )
            add(MARTLET_OP_OWNER, a: folder, text: .string(name), x: UInt64(owner), y: UInt64(owner))
            return fill(MARTLET_OP_TREE, from: folder, text: .string(name), x: Tree.clone)
        }
    }

    private mutating func addBind(_ mount: ContainerSpec.Mount, tree source: Slot, users: Slot?) -> Slot {
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
    private mutating func addOverlay(
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

    private mutating func addLayer(_ path: String, host: Slot, users: Slot?, attributes: UInt64) -> Slot {
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

    // MARK: The container side

    private mutating func addKernelFileSystems(_ spec: ContainerSpec, root: Slot, dev: Slot, hostSys: Slot?) {
        let quiet = Attribute.noSetuid | Attribute.noDevices | Attribute.noExec
        let proc = addKernelMount("proc", quiet)
        for (key, value) in spec.sysctls {
            let file = "sys/" + key.replacing(".", with: "/")
            add(MARTLET_OP_WRITE, a: proc, text: .string(file), more: .bytes(Array(value.utf8)))
        }
        attach(proc, root, "proc", resolve: strict)
        attach(dev, root, "dev", resolve: strict)
        let terminals = addFileSystem(
            "devpts",
            [("mode", "0620"), ("ptmxmode", "0666"), ("gid", "5")],
            Attribute.noSetuid | Attribute.noExec
        )
        add(MARTLET_OP_MOVE, a: terminals, b: openDirectory(dev, "pts"))
        let shared = addFileSystem("tmpfs", [("mode", "1777"), ("size", "\(spec.sharedMemory)")], quiet)
        add(MARTLET_OP_MOVE, a: shared, b: openDirectory(dev, "shm"))
        add(MARTLET_OP_MOVE, a: addKernelMount("mqueue", quiet), b: openDirectory(dev, "mqueue"))
        let sys = hostSys ?? addKernelMount("sysfs", quiet | Attribute.readOnly)
        attach(sys, root, "sys", resolve: strict)
        let groups = addKernelMount("cgroup2", quiet | Attribute.readOnly)
        add(MARTLET_OP_MOVE, a: groups, b: openDirectory(sys, "fs/cgroup"))
        for path in ContainerSpec.readOnlyPaths { addReadOnly(path, root: root) }
        addMasks(root: root, dev: dev)
    }

    private mutating func addReadOnly(_ path: String, root: Slot) {
        let first = count
        let place = openPlace(root, path)
        let tree = fill(MARTLET_OP_TREE, from: root, text: .string(path), x: Tree.clone | Tree.recursive)
        add(MARTLET_OP_SETATTR, a: tree, c: 1, x: Attribute.readOnly)
        add(MARTLET_OP_MOVE, a: tree, b: place)
        skipRest(from: first)
    }

    /// Masks come from our own mounts: a directory is hidden by an empty tmpfs, a file by our null device.
    private mutating func addMasks(root: Slot, dev: Slot) {
        for path in ContainerSpec.maskedPaths {
            let first = count
            let place = openPlace(root, path)
            let file = Self.maskedFiles.contains(path)
            let mask =
                file
                ? fill(MARTLET_OP_TREE, from: dev, text: .string("null"), x: Tree.clone)
                : addFileSystem(
                    "tmpfs",
                    [("mode", "0755"), ("size", "4k"), ("nr_inodes", "2")],
                    Attribute.readOnly | Attribute.noSetuid | Attribute.noDevices | Attribute.noExec
                )
            add(MARTLET_OP_MOVE, a: mask, b: place)
            skipRest(from: first)
        }
    }

    private static let maskedFiles: Set = [
        "proc/interrupts", "proc/kcore", "proc/keys", "proc/latency_stats", "proc/sched_debug",
        "proc/timer_list",
        "proc/timer_stats",
    ]

    /// Where a mount goes: the few files of procfs that may be covered are reached without any link.
    private static func resolve(_ mount: ContainerSpec.Mount) -> UInt64 {
        ContainerSpec.coverable.contains(mount.destination) ? strict : 0
    }

    private mutating func addMounts(_ spec: ContainerSpec, root: Slot, binds: [Slot]) {
        var remaining = binds[...]
        for mount in spec.mounts {
            switch mount.source {
            case .bind(_, let isFile):
                if let tree = remaining.popFirst() {
                    attach(tree, root, mount.destination, isFile: isFile, resolve: Self.resolve(mount))
                }
            case .tmpfs(let options):
                var attributes = Attribute.noSetuid | Attribute.noDevices
                if mount.readOnly { attributes |= Attribute.readOnly }
                attach(addFileSystem("tmpfs", options, attributes), root, mount.destination)
            }
        }
    }

    // MARK: Parts

    private mutating func addFileSystem(
        _ kind: String,
        _ options: [(key: String, value: String)],
        _ attributes: UInt64
    ) -> Slot {
        let context = fill(MARTLET_OP_FSOPEN, text: .string(kind))
        for option in options {
            add(MARTLET_OP_FSSTRING, a: context, text: .string(option.key), more: .string(option.value))
        }
        return fill(MARTLET_OP_FSMOUNT, from: context, x: attributes)
    }

    private mutating func addKernelMount(_ kind: String, _ attributes: UInt64) -> Slot {
        addFileSystem(kind, [], attributes)
    }

    private mutating func openDirectory(_ parent: Slot, _ path: String) -> Slot {
        fill(
            MARTLET_OP_OPEN,
            from: parent,
            text: .string(path),
            x: UInt64(MARTLET_O_PATH | O_DIRECTORY),
            y: UInt64(MARTLET_RESOLVE_BENEATH) | strict
        )
    }

    private mutating func openPlace(_ parent: Slot, _ path: String) -> Slot {
        fill(
            MARTLET_OP_OPEN,
            from: parent,
            text: .string(path),
            x: UInt64(MARTLET_O_PATH | O_NOFOLLOW),
            y: UInt64(MARTLET_RESOLVE_BENEATH) | strict
        )
    }

    private mutating func target(_ root: Slot, _ path: String, isFile: Bool = false, resolve: UInt64 = 0)
        -> Slot
    {
        fill(MARTLET_OP_TARGET, from: root, text: .string(path), x: isFile ? 1 : 0, y: resolve)
    }

    private mutating func attach(
        _ mount: Slot,
        _ root: Slot,
        _ path: String,
        isFile: Bool = false,
        resolve: UInt64 = 0
    ) {
        add(MARTLET_OP_MOVE, a: mount, b: target(root, path, isFile: isFile, resolve: resolve))
    }
}

extension ContainerSpec {
    var ownsNetwork: Bool {
        if case .new = network { true } else { false }
    }
}

extension ContainerSpec.Mount {
    var isBind: Bool {
        if case .bind = source { true } else { false }
    }
}
