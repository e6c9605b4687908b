// SPDX-License-Identifier: Apache-2.0
internal import CLaunch
internal import CLinux
public import Linux

extension LaunchProgram {
    /// The program that starts one more process in a running container, found by its pidfd.
    public init(
        _ process: ProcessSpec,
        in container: Descriptor,
        ownUsers: Bool,
        cgroup: Cgroup?,
        streams: StandardStreams
    ) {
        self.init()
        let stdio = [streams.input, streams.output, streams.error].map { input($0) }
        let target = input(container)
        let directory = cgroup?.directory.map { input($0) }
        let files = (cgroup?.procs ?? []).map { input($0) }
        add(MARTLET_OP_JOIN_PID, a: target)
        add(MARTLET_OP_CLONE, a: directory ?? .none, text: .string(""), more: .string(""))
        for file in files { add(MARTLET_OP_CGROUP, a: file) }
        add(
            MARTLET_OP_PROC,
            text: .string("oom_score_adj"),
            more: .bytes(Array(String(process.oomScore).utf8))
        )
        enterContainer()
        var namespaces =
            MARTLET_CLONE_NEWNS | MARTLET_CLONE_NEWNET | MARTLET_CLONE_NEWIPC | MARTLET_CLONE_NEWUTS
            | MARTLET_CLONE_NEWCGROUP
        if ownUsers { namespaces |= MARTLET_CLONE_NEWUSER }
        add(MARTLET_OP_JOIN, a: target, x: UInt64(namespaces))
        add(MARTLET_OP_BECOME, text: .words([]))
        addProcess(process, stdio: stdio, withInit: false)
    }

    /// The last part of every program: streams, place, limits, rights, exec.
    mutating func addProcess(_ process: ProcessSpec, stdio: [Slot], withInit: Bool) {
        add(MARTLET_OP_KEYRING)
        for limit in process.limits {
            add(MARTLET_OP_RLIMIT, text: .longs([limit.soft, limit.hard]), x: limit.resource)
        }
        add(MARTLET_OP_SETSID)
        add(MARTLET_OP_STDIO, a: stdio[0], b: stdio[1], c: stdio[2].number)
        add(MARTLET_OP_CHDIR, text: .string(process.directory))
        add(MARTLET_OP_UMASK, x: process.umask)
        // Without no_new_privs the filter needs CAP_SYS_ADMIN, so it goes in before the rights are dropped.
        if !process.noNewPrivileges { addSeccomp(process) }
        add(MARTLET_OP_BECOME, text: .words(process.groups), x: UInt64(process.uid), y: UInt64(process.gid))
        let bounding = process.capabilities.mask
        let effective = process.uid == 0 ? bounding : 0
        add(MARTLET_OP_CAPS, text: .longs([bounding, effective, effective, 0, 0]))
        if process.noNewPrivileges {
            add(MARTLET_OP_NO_NEW_PRIVS)
            addSeccomp(process)
        }
        if withInit { add(MARTLET_OP_INIT) }
        add(
            MARTLET_OP_EXEC,
            text: .strings(process.arguments),
            more: .strings(process.environment),
            x: UInt64(process.arguments.count),
            y: UInt64(process.environment.count)
        )
    }

    private mutating func addSeccomp(_ process: ProcessSpec) {
        guard let filter = process.seccomp else { return }
        add(MARTLET_OP_SECCOMP, text: .bytes(filter.program))
    }
}
