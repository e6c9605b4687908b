// SPDX-License-Identifier: Apache-2.0
internal import CLinux
internal import Glibc
internal import Linux

extension ContainerSpec {
    /// The container that a bundle's configuration describes; the process comes beside it.
    ///
    /// Every path of the host in it is opened here. `bundle` is the bundle's absolute path. What this host
    /// cannot honour is an error by the member's name.
    public init(_ config: RuntimeConfig, id: String, bundle: String, process: ProcessSpec, cgroup: Cgroup?)
        throws
    {
        try Self.refuseUnsupported(config, id)
        let linux = config.linux
        let path = Self.absolute(config.root.path, in: bundle)
        let directory = try Descriptor.open(path, MARTLET_O_PATH | O_DIRECTORY)
        self.init(
            id: id,
            process: process,
            root: Root(directory: directory, readOnly: config.root.readonly),
            users: try Users(linux)
        )
        if let propagation = linux.rootfsPropagation { root.propagation = Propagation(propagation) }
        namespaces = try Namespaces(linux)
        hostname = config.hostname
        domainName = config.domainname
        self.cgroup = cgroup
        sysctls = linux.sysctl.sorted { $0.key < $1.key }.map { ($0.key, $0.value) }
        devices = try Self.devices(linux.devices)
        maskedPaths = linux.maskedPaths
        readOnlyPaths = linux.readonlyPaths
        fileSystems = try config.mounts.flatMap { mount in
            try mounts(for: mount, bundle: bundle, cgroup: cgroup)
        }
        hooks.createContainer = config.hooks.createContainer.map(Hooks.Hook.init)
        hooks.startContainer = config.hooks.startContainer.map(Hooks.Hook.init)
        hooks.callerTakesPart = !(config.hooks.prestart + config.hooks.createRuntime).isEmpty
    }

    private static func refuseUnsupported(_ config: RuntimeConfig, _ id: String) throws(ContainerError) {
        let linux = config.linux
        var refused: String?
        if linux.intelRdt != nil { refused = "linux.intelRdt is not supported: remove it" }
        if !linux.netDevices.isEmpty { refused = "linux.netDevices is not supported: remove it" }
        if linux.mountLabel != nil, access("/sys/fs/selinux/status", F_OK) < 0 {
            refused = "linux.mountLabel: this host has no SELinux: remove it"
        } else if linux.mountLabel != nil {
            refused = "linux.mountLabel is not supported: remove it"
        }
        if let refused { throw ContainerError(step: "create", id, cause: .unsupported(refused)) }
    }

    static func absolute(_ path: String, in bundle: String) -> String {
        path.hasPrefix("/") ? path : "\(bundle)/\(path)"
    }

    // MARK: Devices

    private static func devices(_ devices: [RuntimeConfig.Device]) throws -> [DeviceNode] {
        try devices.compactMap { device in
            // Its own terminals only: the container's devpts has the one and makes the other.
            if device.path == "/dev/ptmx" || device.path == "/dev/console" { return nil }
            let kind: DeviceNode.Kind =
                switch device.type {
                case .character, .unbuffered: .character
                case .block: .block
                case .pipe: .fifo
                }
            var node = try DeviceNode(kind, device.path, major: device.major, minor: device.minor)
            node.mode = (device.fileMode ?? 0o666) & 0o7777
            node.uid = device.uid ?? 0
            node.gid = device.gid ?? 0
            return node
        }
    }

    // MARK: Mounts

    private func mounts(for mount: RuntimeConfig.Mount, bundle: String, cgroup: Cgroup?) throws -> [Mount] {
        let options = try MountOptions(mount.options)
        if mount.type == "cgroup" || mount.type == "cgroup2" {
            return try controlGroups(at: mount.destination, options, cgroup)
        }
        var made: Mount
        if options.isBind || mount.type == "bind" {
            guard let source = mount.source else {
                throw ContainerError(
                    step: "mount",
                    mount.destination,
                    cause: .unsupported("a bind mount without a source: name a path of the host")
                )
            }
            let place = try Descriptor.open(Self.absolute(source, in: bundle), MARTLET_O_PATH)
            let isFile = try place.status().kind != .directory
            made = Mount(.bind(place, file: isFile), at: mount.destination, attributes: options.attributes)
            made.isRecursive = options.isRecursive
            made.recursiveAttributes = options.recursiveAttributes
            made.idMap = try idMap(mount, options)
        } else {
            guard let type = mount.type else {
                throw ContainerError(
                    step: "mount",
                    mount.destination,
                    cause: .unsupported("neither a type nor the option bind: add one")
                )
            }
            var given = options.options
            if let source = mount.source { given.append(("source", source)) }
            // What a fresh mount has not, need not be cleared.
            var attributes = options.attributes
            attributes.set |= options.recursiveAttributes.set
            made = Mount(
                .fileSystem(type, options: given, flags: options.flags),
                at: mount.destination,
                attributes: Mount.Attributes(set: attributes.set)
            )
            made.copiesUp = options.copiesUp && type == "tmpfs"
        }
        if let propagation = options.propagation { made.propagation = propagation }
        return [made]
    }

    private func idMap(_ mount: RuntimeConfig.Mount, _ options: MountOptions) throws -> Mount.IDMap {
        let isRecursive = options.mapsRecursively ?? false
        if !mount.uidMappings.isEmpty {
            let maps = (mount.uidMappings.map(Users.Mapping.init), mount.gidMappings.map(Users.Mapping.init))
            return .namespace(try Users.namespace(uids: maps.0, gids: maps.1), isRecursive: isRecursive)
        }
        return options.mapsRecursively == nil ? .none : .container(isRecursive: isRecursive)
    }

    /// The control groups: version 2 as it is, on other hosts a folder for each hierarchy.
    private func controlGroups(at path: String, _ options: MountOptions, _ cgroup: Cgroup?) throws -> [Mount]
    {
        let attributes = Mount.Attributes(set: options.attributes.set)
        let hierarchies = cgroup?.hierarchies ?? []
        if hierarchies.isEmpty {
            if namespaces.cgroup.isNew {
                return [Mount(.fileSystem("cgroup2"), at: path, attributes: attributes)]
            }
            let whole = try Descriptor.open("/sys/fs/cgroup", MARTLET_O_PATH | O_DIRECTORY)
            return [Mount(.bind(whole, file: false), at: path, attributes: options.attributes)]
        }
        // Their folders are made inside before the tmpfs becomes read-only.
        var mounts = [
            Mount(
                .fileSystem("tmpfs", options: [("mode", "755"), ("source", "cgroup")]),
                at: path,
                attributes: attributes
            )
        ]
        for hierarchy in hierarchies {
            let folder = try Descriptor.open(hierarchy.folder, MARTLET_O_PATH | O_DIRECTORY)
            mounts.append(
                Mount(
                    .bind(folder, file: false),
                    at: "\(path)/\(hierarchy.name)",
                    attributes: options.attributes
                )
            )
        }
        return mounts
    }
}

extension Hooks.Hook {
    init(_ hook: RuntimeConfig.Hook) {
        self.init(
            path: hook.path,
            arguments: hook.args.isEmpty ? [hook.path] : hook.args,
            environment: hook.env,
            timeout: hook.timeout
        )
    }
}

extension Propagation {
    init(_ word: RuntimeConfig.Linux.Propagation) {
        let kind: Kind =
            switch word {
            case .shared, .rshared: .shared
            case .slave, .rslave: .slave
            case .private, .rprivate: .private
            case .unbindable, .runbindable: .unbindable
            }
        self.init(kind, isRecursive: word.rawValue.first == "r")
    }
}

extension Users.Mapping {
    init(_ mapping: RuntimeConfig.IDMapping) {
        self.init(container: mapping.containerID, host: mapping.hostID, size: mapping.size)
    }
}

extension Users {
    init(_ linux: RuntimeConfig.Linux) throws {
        let uids = linux.uidMappings.map(Mapping.init), gids = linux.gidMappings.map(Mapping.init)
        guard let namespace = linux.namespaces.first(where: { $0.type == .user }) else {
            guard uids.isEmpty && gids.isEmpty else {
                throw ContainerError(
                    step: "create",
                    "linux.uidMappings",
                    cause: .unsupported("maps without a user namespace: add one to linux.namespaces")
                )
            }
            self = .host
            return
        }
        if let path = namespace.path {
            let joined = try Descriptor.open(path, O_RDONLY)
            self = .join(joined, uids: uids, gids: gids)
        } else {
            guard !uids.isEmpty && !gids.isEmpty else {
                throw ContainerError(
                    step: "create",
                    "linux.uidMappings",
                    cause: .unsupported("a user namespace without maps: write uidMappings and gidMappings")
                )
            }
            self = .new(uids: uids, gids: gids)
        }
    }
}

extension Namespaces {
    init(_ linux: RuntimeConfig.Linux) throws {
        self.init()
        func origin(_ kind: RuntimeConfig.Namespace.Kind) throws -> Origin {
            guard let found = linux.namespaces.first(where: { $0.type == kind }) else { return .host }
            guard let path = found.path else { return .new }
            return .join(try Descriptor.open(path, O_RDONLY))
        }
        pid = try origin(.pid)
        network = try origin(.network)
        ipc = try origin(.ipc)
        uts = try origin(.uts)
        cgroup = try origin(.cgroup)
        time = try origin(.time)
        if let mount = linux.namespaces.first(where: { $0.type == .mount }), let path = mount.path {
            throw ContainerError(
                step: "create",
                path,
                cause: .unsupported(
                    "a mount namespace cannot be joined, its root would change: remove the path"
                )
            )
        }
        clockOffsets = linux.timeOffsets.sorted { $0.key.rawValue < $1.key.rawValue }.map {
            ClockOffset(clock: $0.key.rawValue, seconds: $0.value.secs, nanoseconds: $0.value.nanosecs)
        }
    }
}
