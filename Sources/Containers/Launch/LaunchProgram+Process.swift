// SPDX-License-Identifier: Apache-2.0
internal import CLaunch
internal import CLinux
public import Linux

extension LaunchProgram {
    /// The program that starts one more process in a running container, found by its pidfd.
    ///
    /// `namespaces` are the `CLONE_NEW*` bits of those that the container does not share with the caller.
    public init(
        _ process: ProcessSpec,
        in container: Descriptor,
        namespaces: Int32,
        cgroup: Cgroup?,
        streams: StandardStreams
    ) {
        self.init()
        var stdio = process.terminal == nil ? streams.all.map { input($0) } : []
        let target = input(container)
        let directory = cgroup?.directory.map { input($0) }
        let files = (cgroup?.tasks ?? []).map { input($0) }
        let console = (process.terminal?.console).map { input($0) }
        let kept = process.descriptors.map { input($0) }
        if namespaces & MARTLET_CLONE_NEWPID != 0 {
            add(MARTLET_OP_ENTER, a: target, x: UInt64(MARTLET_CLONE_NEWPID))
        }
        add(MARTLET_OP_CLONE, a: directory ?? .none, text: .string(""), more: .string(""))
        for file in files { add(MARTLET_OP_CGROUP, a: file) }
        addOOMScore(process)
        enterContainer()
        add(MARTLET_OP_GATE)
        add(MARTLET_OP_JOIN, a: target, x: UInt64(UInt32(bitPattern: namespaces & ~MARTLET_CLONE_NEWPID)))
        add(MARTLET_OP_BECOME, text: .words([]))
        var slave: Slot?
        if let terminal = process.terminal, let console {
            let root = fill(MARTLET_OP_ROOT)
            let made = addConsole(
                from: root,
                "dev/pts/ptmx",
                terminal,
                owner: UInt64(process.uid),
                console
            )
            stdio = [made, made, made]
            slave = made
        }
        if let profile = process.apparmorProfile {
            let quiet = Attribute.noSetuid | Attribute.noDevices | Attribute.noExec
            let proc = addFileSystem("proc", [], quiet)
            let words = Array("exec \(profile)".utf8)
            add(MARTLET_OP_LABEL, a: proc, text: .string("attr/apparmor/exec"), more: .bytes(words))
        }
        addProcess(
            process,
            stdio: stdio,
            terminal: slave,
            kept: kept,
            gate: nil,
            waits: false,
            withInit: false
        )
    }

    /// The same for a container of the agent, which shares at most its users.
    public init(
        _ process: ProcessSpec,
        in container: Descriptor,
        ownUsers: Bool,
        cgroup: Cgroup?,
        streams: StandardStreams
    ) {
        var namespaces =
            MARTLET_CLONE_NEWPID | MARTLET_CLONE_NEWNS | MARTLET_CLONE_NEWNET | MARTLET_CLONE_NEWIPC
            | MARTLET_CLONE_NEWUTS | MARTLET_CLONE_NEWCGROUP
        if ownUsers { namespaces |= MARTLET_CLONE_NEWUSER }
        self.init(process, in: container, namespaces: namespaces, cgroup: cgroup, streams: streams)
    }

    /// The last part of every program: streams, place, limits, rights, exec.
    ///
    /// If it `waits` for its release, then before a filter that may not know how to.
    mutating func addProcess(
        _ process: ProcessSpec,
        stdio: [Slot],
        terminal: Slot?,
        kept: [Slot],
        gate: (start: Slot, failure: Slot, state: Slot?, hooks: Hooks)?,
        waits: Bool,
        withInit: Bool
    ) {
        if !process.keepsKeyring { add(MARTLET_OP_KEYRING) }
        for limit in process.limits {
            add(MARTLET_OP_RLIMIT, text: .longs([limit.soft, limit.hard]), x: limit.resource)
        }
        addScheduling(process)
        add(MARTLET_OP_SETSID)
        add(MARTLET_OP_STDIO, a: stdio[0], b: stdio[1], c: stdio[2].number)
        if let terminal { add(MARTLET_OP_TERMINAL, a: terminal) }
        add(MARTLET_OP_CHDIR, text: .string(process.directory))
        add(MARTLET_OP_UMASK, x: process.umask)
        // Without no_new_privs the filter needs CAP_SYS_ADMIN, so it goes in before the rights are dropped.
        if !process.noNewPrivileges {
            if waits { add(MARTLET_OP_GATE) }
            addSeccomp(process)
        }
        add(MARTLET_OP_BECOME, text: .words(process.groups), x: UInt64(process.uid), y: UInt64(process.gid))
        let bounding = process.capabilities.mask
        let effective = process.uid == 0 ? bounding : 0
        let usual = [bounding, effective, effective, 0, 0]
        add(MARTLET_OP_CAPS, text: .longs(process.capabilitySets?.masks ?? usual))
        if process.noNewPrivileges { add(MARTLET_OP_NO_NEW_PRIVS) }
        add(MARTLET_OP_LOOKUP)
        // A filter with a listener is told of before the start, while there is somebody to tell.
        let isEarly = !process.noNewPrivileges || process.seccomp?.hasListener == true
        if process.noNewPrivileges && isEarly { addSeccomp(process) }
        if waits && process.noNewPrivileges { add(MARTLET_OP_GATE) }
        if !kept.isEmpty { add(MARTLET_OP_KEEP, text: .slots(kept)) }
        if let gate {
            add(MARTLET_OP_WAIT, a: gate.start, b: gate.failure)
            if let state = gate.state { for hook in gate.hooks.startContainer { addHook(hook, state) } }
        }
        if !isEarly { addSeccomp(process) }
        if withInit { add(MARTLET_OP_INIT) }
        add(
            MARTLET_OP_EXEC,
            text: .strings(process.arguments),
            more: .strings(process.environment),
            x: UInt64(process.arguments.count),
            y: UInt64(process.environment.count)
        )
    }

    private mutating func addScheduling(_ process: ProcessSpec) {
        if let scheduling = process.scheduling {
            add(MARTLET_OP_SCHEDULER, text: .bytes(scheduling.attributes))
        }
        if let priority = process.ioPriority { add(MARTLET_OP_IOPRIO, x: UInt64(priority)) }
        if let processors = process.processors {
            var mask = [UInt64](repeating: 0, count: 1 + (processors.max() ?? 0) / 64)
            for number in processors { mask[number / 64] |= 1 << UInt64(number % 64) }
            add(MARTLET_OP_AFFINITY, text: .longs(mask))
        }
        if let personality = process.personality { add(MARTLET_OP_PERSONALITY, x: UInt64(personality)) }
    }

    private mutating func addSeccomp(_ process: ProcessSpec) {
        guard let filter = process.seccomp else { return }
        let listener = filter.hasListener ? slot() : Slot.none
        add(MARTLET_OP_SECCOMP, b: listener, text: .bytes(filter.program), x: filter.flags)
        if filter.hasListener { add(MARTLET_OP_SYNC, a: listener, text: .slots([])) }
    }
}
