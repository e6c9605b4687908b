// SPDX-License-Identifier: Apache-2.0
internal import CLaunch
internal import CLinux
internal import Glibc
internal import Linux

// Compiling a container. The order is the security argument: what the host must do is done on the host side
// and handed over by descriptor; the root is built before any tenant code can run; volumes, which others may
// be changing, come last and are pinned by descriptor; rights are dropped; then exec.

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
        for (file, slot) in zip(spec.files, files) where !file.readOnly {
            attach(slot, root, file.path, isFile: true)
        }
        addMounts(spec, root: root, binds: binds)
        for (file, slot) in zip(spec.files, files) where file.readOnly {
            attach(slot, root, file.path, isFile: true)
        }
        if spec.process.directory != "/" { _ = target(root, spec.process.directory) }
        if spec.root.readOnly { add(MARTLET_OP_SETATTR, a: root, x: Attribute.readOnly) }
        add(MARTLET_OP_PIVOT, a: root)
        add(MARTLET_OP_HOSTNAME, text: .string(spec.hostname))
        if let domain = spec.domainName { add(MARTLET_OP_DOMAIN, text: .string(domain)) }
        addProcess(spec.process, stdio: stdio, withInit: spec.initProcess)
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
