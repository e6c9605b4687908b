// SPDX-License-Identifier: Apache-2.0
internal import CLaunch
internal import CLinux
internal import Glibc
public import Linux

// Compiling a container. The order is the security argument: what the host must do is done on the host side
// and handed over by descriptor; the root is built before any tenant code can run; volumes, which others may
// be changing, come last and are pinned by descriptor; rights are dropped; then exec.

/// Holds a container that is made until it is started: two fifos, open for reading and writing.
public struct StartGate: Sendable {
    let start: Descriptor
    let failure: Descriptor

    /// A byte in `start` starts the program; what fails after that is told in `failure`.
    public init(start: Descriptor, failure: Descriptor) {
        self.start = start
        self.failure = failure
    }
}

extension LaunchProgram {
    /// The program that makes a container, and starts it unless `gate` holds it back.
    public init(
        _ spec: ContainerSpec,
        streams: StandardStreams,
        features: KernelFeatures,
        gate: StartGate? = nil
    ) throws(ContainerError) {
        self.init()
        try spec.check()
        let outside = try addInputs(spec, streams, gate)

        // The stage.
        let host = fill(MARTLET_OP_ROOT)
        let dev = addDevices(spec)
        // A namespace that exists is entered while we have rights over it. Users come last: they end those
        // rights, so everything that needs them is made before.
        addEntries(spec, outside)
        var made = Handed()
        if !spec.users.isNew {
            made = addHostMounts(spec, outside, users: outside.users, host: host, features: features)
        }
        if let users = outside.users { add(MARTLET_OP_ENTER, a: users, x: UInt64(MARTLET_CLONE_NEWUSER)) }
        addClone(spec, cgroup: outside.cgroup)
        for file in outside.cgroupFiles { add(MARTLET_OP_CGROUP, a: file) }
        addOOMScore(spec.process)
        if spec.users.isNew {
            let users = fill(MARTLET_OP_NAMESPACE, text: .string("user"))
            made = addHostMounts(spec, outside, users: users, host: host, features: features)
        }
        add(MARTLET_OP_HANDOVER, text: .slots(made.all))
        if spec.namespaces.network.isNew, gate == nil {
            let network = fill(MARTLET_OP_NAMESPACE, text: .string("net"))
            add(MARTLET_OP_EXPORT, text: .slots([network]))
        }

        // The container.
        enterContainer()
        if spec.hasRoot { add(MARTLET_OP_BECOME, text: .words([])) }
        if spec.namespaces.cgroup.isNew { add(MARTLET_OP_UNSHARE, x: UInt64(MARTLET_CLONE_NEWCGROUP)) }
        if spec.placeOfDev == nil { add(MARTLET_OP_MOVE, a: dev, b: fill(MARTLET_OP_ROOT)) }
        add(MARTLET_OP_MOVE, a: made.root, b: fill(MARTLET_OP_ROOT))
        let (proc, terminals) = addFileSystems(spec, made, dev: dev)
        for (file, slot) in zip(spec.files, made.files) where !file.readOnly {
            attach(slot, made.root, file.path, isFile: true)
        }
        for (index, mount) in spec.mounts.enumerated() {
            addMount(mount, made.mounts[.mount(index)], root: made.root)
        }
        for (file, slot) in zip(spec.files, made.files) where file.readOnly {
            attach(slot, made.root, file.path, isFile: true)
        }
        for path in spec.readOnlyPaths {
            add(MARTLET_OP_READONLY, a: made.root, text: .string(path.relative), y: Self.resolve(path))
        }
        for path in spec.maskedPaths {
            add(MARTLET_OP_MASK, a: made.root, b: dev, text: .string(path.relative), y: Self.resolve(path))
        }
        let terminal = addTerminal(spec, outside, terminals: terminals, root: made.root)
        let state = addHooks(spec)
        if spec.process.directory != "/" { _ = target(made.root, spec.process.directory) }
        if spec.root.readOnly { add(MARTLET_OP_SETATTR, a: made.root, x: Attribute.readOnly) }
        add(MARTLET_OP_PIVOT, a: made.root, x: spec.noPivot ? 1 : 0)
        addPropagation(spec.root.propagation)
        if let hostname = spec.hostname { add(MARTLET_OP_HOSTNAME, text: .string(hostname)) }
        if let domain = spec.domainName { add(MARTLET_OP_DOMAIN, text: .string(domain)) }
        if let profile = spec.process.apparmorProfile {
            let words = Array("exec \(profile)".utf8)
            add(MARTLET_OP_LABEL, a: proc, text: .string("attr/apparmor/exec"), more: .bytes(words))
        }
        addProcess(
            spec.process,
            stdio: terminal.map { [$0, $0, $0] } ?? outside.stdio,
            terminal: terminal,
            kept: outside.kept,
            gate: outside.gate.map { (start: $0.start, failure: $0.failure, state: state, spec.hooks) },
            withInit: spec.initProcess
        )
    }

    // MARK: Inputs

    /// The caller's descriptors, by what they are for.
    private struct Outside {
        var stdio: [Slot] = []
        var cgroup: Slot?
        var cgroupFiles: [Slot] = []
        var root: Slot?
        var binds: [MountPlace: Slot] = [:]
        var maps: [MountPlace: Slot] = [:]
        var entries: [(slot: Slot, flag: Int32)] = []
        var users: Slot?
        var console: Slot?
        var kept: [Slot] = []
        var gate: (start: Slot, failure: Slot)?
    }

    private mutating func addInputs(_ spec: ContainerSpec, _ streams: StandardStreams, _ gate: StartGate?)
        throws(ContainerError) -> Outside
    {
        var outside = Outside()
        // Beside a terminal they would stay open until the start, and who reads from them would wait for that.
        if spec.process.terminal == nil { outside.stdio = streams.all.map { input($0) } }
        outside.cgroup = spec.cgroup?.directory.map { input($0) }
        outside.cgroupFiles = (spec.cgroup?.procs ?? []).map { input($0) }
        // Cloned here: the stage has a mount namespace of its own, in which our descriptors name no mount.
        if case .directory(let directory) = spec.root.content {
            outside.root = try input(clone(directory, isRecursive: true, spec.id))
        }
        for (place, mount) in spec.places {
            if case .bind(let source, _) = mount.source {
                outside.binds[place] = try input(clone(source, isRecursive: mount.isRecursive, spec.id))
            }
            if case .namespace(let users, _) = mount.idMap { outside.maps[place] = input(users) }
        }
        for (origin, flag) in spec.namespaces.all {
            if case .join(let namespace) = origin { outside.entries.append((input(namespace), flag)) }
        }
        if case .join(let users, _, _) = spec.users { outside.users = input(users) }
        outside.console = (spec.process.terminal?.console).map { input($0) }
        outside.kept = spec.process.descriptors.map { input($0) }
        outside.gate = gate.map { (input($0.start), input($0.failure)) }
        return outside
    }

    private func clone(_ source: Descriptor, isRecursive: Bool, _ id: String) throws(ContainerError)
        -> Descriptor
    {
        let tree = martlet_clone_tree(source.number, isRecursive ? 1 : 0)
        let cause = errno
        guard tree >= 0 else { throw ContainerError(step: "clone mount", id, cause: .errno(cause)) }
        return Descriptor(owning: tree)
    }

    // MARK: The host side

    /// What the stage makes for the child.
    private struct Handed {
        var root = Slot.none
        var files: [Slot] = []
        var mounts: [MountPlace: Slot] = [:]
        var all: [Slot] { [root] + files + mounts.values.sorted { $0.number < $1.number } }
    }

    private mutating func addEntries(_ spec: ContainerSpec, _ outside: Outside) {
        for entry in outside.entries { add(MARTLET_OP_ENTER, a: entry.slot, x: UInt64(entry.flag)) }
        guard spec.namespaces.time.isNew else { return }
        let offsets = spec.namespaces.clockOffsets.map { "\($0.clock) \($0.seconds) \($0.nanoseconds)\n" }
        add(MARTLET_OP_TIME, text: .string(offsets.joined()))
    }

    mutating func addOOMScore(_ process: ProcessSpec) {
        guard let score = process.oomScore else { return }
        add(MARTLET_OP_PROC, text: .string("oom_score_adj"), more: .bytes(Array(String(score).utf8)))
    }

    private mutating func addHostMounts(
        _ spec: ContainerSpec,
        _ outside: Outside,
        users: Slot?,
        host: Slot,
        features: KernelFeatures
    ) -> Handed {
        var made = Handed()
        made.files = addFiles(spec, host: host)
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

    // MARK: The container side

    /// Attaches `/proc`, `/dev`, `/sys` and what lies in them; procfs and devpts for later use.
    private mutating func addFileSystems(_ spec: ContainerSpec, _ made: Handed, dev: Slot) -> (
        proc: Slot, terminals: Slot?
    ) {
        let quiet = Attribute.noSetuid | Attribute.noDevices | Attribute.noExec
        var proc: Slot?
        var terminals: Slot?
        var readOnlyLater: [Slot] = []
        for (index, mount) in (spec.fileSystems ?? spec.usualFileSystems).enumerated() {
            guard case .fileSystem(let type, let options, let flags) = mount.source else {
                addMount(mount, made.mounts[.fileSystem(index)], root: made.root)
                continue
            }
            if index == spec.placeOfDev {
                attach(dev, made.root, mount.destination, resolve: strict)
                if mount.readOnly { readOnlyLater.append(dev) }
                continue
            }
            // What lies in a read-only tmpfs is attached first.
            let delayed = type == "tmpfs" ? mount.attributes.set & Attribute.readOnly : 0
            let slot =
                made.mounts[.fileSystem(index)]
                ?? addFileSystem(type, options, mount.attributes.set & ~delayed, flags: flags)
            if delayed != 0 { readOnlyLater.append(slot) }
            if type == "proc", proc == nil {
                addSysctls(spec, proc: slot)
                proc = slot
            }
            if type == "devpts" { terminals = slot }
            let place = target(made.root, mount.destination, resolve: Self.resolve(mount.destination))
            if mount.copiesUp { add(MARTLET_OP_COPYUP, a: place, b: slot) }
            add(MARTLET_OP_MOVE, a: slot, b: place)
            if mount.propagation.kind != .private { addPropagation(mount.propagation, slot) }
        }
        if spec.placeOfDev == nil, !spec.bindsDev { addNodes(spec, root: made.root, dev: dev) }
        for slot in readOnlyLater { add(MARTLET_OP_SETATTR, a: slot, x: Attribute.readOnly) }
        if let proc { return (proc, terminals) }
        // Kernel parameters and labels go through a procfs that nobody else sees.
        let needed = !spec.sysctls.isEmpty || spec.process.apparmorProfile != nil
        let own = needed ? addFileSystem("proc", [], quiet) : Slot.none
        addSysctls(spec, proc: own)
        return (own, terminals)
    }

    private mutating func addSysctls(_ spec: ContainerSpec, proc: Slot) {
        for (key, value) in spec.sysctls {
            let file = "sys/" + key.replacing(".", with: "/")
            add(MARTLET_OP_WRITE, a: proc, text: .string(file), more: .bytes(Array(value.utf8)))
        }
    }

    /// The devices of a root that has a `/dev` of its own: each a mount of our node upon a file.
    private mutating func addNodes(_ spec: ContainerSpec, root: Slot, dev: Slot) {
        for name in Self.usualNodes.map(\.name) + spec.devices.map({ String($0.path.dropFirst(5)) }) {
            let tree = fill(MARTLET_OP_TREE, from: dev, text: .string(name), x: Tree.clone)
            attach(tree, root, "dev/" + name, isFile: true)
        }
    }

    private mutating func addMount(_ mount: ContainerSpec.Mount, _ made: Slot?, root: Slot) {
        let resolve = Self.resolve(mount.destination)
        switch mount.source {
        case .bind(_, let isFile):
            guard let tree = made else { return }
            attach(tree, root, mount.destination, isFile: isFile, resolve: resolve)
        case .fileSystem(let type, let options, let flags):
            let slot = made ?? addFileSystem(type, options, mount.attributes.set, flags: flags)
            let place = target(root, mount.destination, resolve: resolve)
            if mount.copiesUp { add(MARTLET_OP_COPYUP, a: place, b: slot) }
            add(MARTLET_OP_MOVE, a: slot, b: place)
        }
    }

    private mutating func addPropagation(_ propagation: Propagation, _ mount: Slot? = nil) {
        guard propagation.kind == .shared || propagation.kind == .unbindable else { return }
        let root = mount ?? fill(MARTLET_OP_ROOT)
        add(MARTLET_OP_SETATTR, a: root, c: propagation.isRecursive ? 1 : -1, y: propagation.kind.rawValue)
    }

    /// A terminal of the container's own devpts, also at `/dev/console`.
    private mutating func addTerminal(
        _ spec: ContainerSpec,
        _ outside: Outside,
        terminals: Slot?,
        root: Slot
    ) -> Slot? {
        guard let terminal = spec.process.terminal, let console = outside.console else { return nil }
        let owner = UInt64(spec.process.uid)
        let slave: Slot
        if let terminals {
            slave = addConsole(from: terminals, "ptmx", terminal, owner: owner, console)
        } else {
            slave = addConsole(from: root, "dev/pts/ptmx", terminal, owner: owner, console)
        }
        let tree = fill(MARTLET_OP_TREE, from: slave, text: .string(""), x: Tree.clone | Tree.emptyPath)
        attach(tree, root, "dev/console", isFile: true)
        return slave
    }

    mutating func addConsole(
        from devpts: Slot,
        _ path: String,
        _ terminal: ProcessSpec.Terminal,
        owner: UInt64,
        _ console: Slot
    ) -> Slot {
        let slave = slot()
        let size = terminal.size.map { UInt64($0.rows) << 16 | UInt64($0.columns) } ?? 0
        add(
            MARTLET_OP_CONSOLE,
            a: devpts,
            b: slave,
            c: console.number,
            text: .string(path),
            x: size,
            y: owner
        )
        return slave
    }

    /// Where the caller takes part, it gives the container's state for the hooks; that.
    private mutating func addHooks(_ spec: ContainerSpec) -> Slot? {
        guard !spec.hooks.isEmpty else { return nil }
        let state = slot()
        add(MARTLET_OP_SYNC, text: .slots([state]))
        for hook in spec.hooks.createContainer { addHook(hook, state) }
        return state
    }

    mutating func addHook(_ hook: Hooks.Hook, _ state: Slot) {
        add(
            MARTLET_OP_HOOK,
            a: state,
            text: .strings([hook.path] + hook.arguments),
            more: .strings(hook.environment),
            x: UInt64(1 + hook.arguments.count),
            y: UInt64(hook.environment.count),
            time: hook.timeout.map { UInt32(clamping: max(1, Int64($0 / .milliseconds(1)))) } ?? 0
        )
    }

    /// The kernel's own places are reached without any link; a volume may lie behind one.
    private static func resolve(_ path: String) -> UInt64 {
        let parts = path.split(separator: "/").filter { $0 != "." }
        let isKernels = parts.first == "proc" || parts.first == "sys" || parts == ["dev"]
        return isKernels ? strict : 0
    }
}

/// Where a mount stands in a spec.
enum MountPlace: Hashable {
    case fileSystem(Int)
    case mount(Int)
}

extension String {
    /// Without the slashes that begin it.
    var relative: String { String(drop { $0 == "/" }) }
}

extension Users {
    var isNew: Bool {
        if case .new = self { true } else { false }
    }
}

extension Namespaces {
    /// Each with its flag of clone(2).
    var all: [(origin: Origin, flag: Int32)] {
        [
            (network, MARTLET_CLONE_NEWNET), (ipc, MARTLET_CLONE_NEWIPC), (uts, MARTLET_CLONE_NEWUTS),
            (cgroup, MARTLET_CLONE_NEWCGROUP), (time, MARTLET_CLONE_NEWTIME), (pid, MARTLET_CLONE_NEWPID),
        ]
    }
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

    /// Whether root exists inside.
    var hasRoot: Bool { users.owner(uid: 0, gid: 0) != nil }

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
