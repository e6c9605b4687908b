// SPDX-License-Identifier: Apache-2.0
internal import CLaunch
internal import CLinux
internal import Glibc
internal import Linux

// Compiling a container. The order is the security argument: what the host must do is done on the host side
// and handed over by descriptor; the root is built before any tenant code can run; volumes, which others may
// be changing, come last and are pinned by descriptor; rights are dropped; then exec. The child is made while its
// caller wires the network, and waits for its release where the program would be next.

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
        if spec.namespaces.network.isNew, gate == nil {
            let network = fill(MARTLET_OP_NAMESPACE, text: .string("net"))
            add(MARTLET_OP_EXPORT, text: .slots([network]))
        }
        add(MARTLET_OP_HANDOVER, text: .slots(made.all))

        // The container.
        enterContainer()
        let isFree = gate == nil && !spec.asksForInterfaces
        let worksAhead = isFree && spec.canWorkAhead
        if !worksAhead { add(MARTLET_OP_RECEIVE) }
        if !isFree { add(MARTLET_OP_GATE) }
        if spec.users.hasRoot { add(MARTLET_OP_BECOME, text: .words([])) }
        if spec.namespaces.cgroup.isNew { add(MARTLET_OP_UNSHARE, x: UInt64(MARTLET_CLONE_NEWCGROUP)) }
        let usual = worksAhead ? addUsualFileSystems(spec, dev: dev) : nil
        if worksAhead {
            add(MARTLET_OP_RECEIVE)
        } else {
            add(MARTLET_OP_MOVE, a: dev, b: fill(MARTLET_OP_ROOT))
        }
        add(MARTLET_OP_MOVE, a: made.root, b: fill(MARTLET_OP_ROOT))
        if let usual { moveIntoRoot(usual, made.root) }
        let (proc, terminals) = usual.map { ($0.proc, $0.terminals) } ?? addFileSystems(spec, made, dev: dev)
        for (file, slot) in zip(spec.files, made.files) where !file.readOnly {
            attach(slot, made.root, file.path, isFile: true)
        }
        for (index, mount) in spec.mounts.enumerated() {
            addMount(mount, made.mounts[.mount(index)], root: made.root)
        }
        for (file, slot) in zip(spec.files, made.files) where file.readOnly {
            attach(slot, made.root, file.path, isFile: true)
        }
        for path in spec.readOnlyPaths where usual?.holds(path) != true {
            add(MARTLET_OP_READONLY, a: made.root, text: .string(path.relative), y: Self.resolve(path))
        }
        for path in spec.maskedPaths where usual?.holds(path) != true {
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
            waits: isFree,
            withInit: spec.initProcess
        )
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
}

extension ContainerSpec {
    /// Whether it sets something of an interface, which is there only when the caller has wired the network.
    fileprivate var asksForInterfaces: Bool {
        sysctls.contains {
            $0.key.hasPrefix("net.") && ($0.key.contains(".conf.") || $0.key.contains(".neigh."))
        }
    }
}

extension String {
    /// Without the slashes that begin it.
    var relative: String { String(drop { $0 == "/" }) }
}
