// SPDX-License-Identifier: Apache-2.0
internal import Containers
internal import Control
internal import Glibc
internal import Linux
internal import TestKit
internal import Testing

/// Kernels that lack something: a call of theirs is not there for agent, keeper and containers, which strace(1) sees to.
extension WalkTests {
    /// Nothing goes without these.
    private static let needed = [
        "close_range", "execveat", "fsconfig", "fsmount", "fsopen", "memfd_create", "mount_setattr",
        "move_mount", "open_tree", "openat2", "pidfd_open", "pidfd_send_signal", "renameat2", "seccomp",
        "setns", "statx",
    ]
    /// All goes without these, if in another way, or nothing asks for them.
    private static let spared =
        [
            "faccessat2", "sync_file_range", "copy_file_range", "splice", "tee", "vmsplice", "keyctl",
            "landlock_create_ruleset", "landlock_add_rule", "landlock_restrict_self", "epoll_pwait2",
            "io_uring_setup", "io_uring_enter", "pidfd_getfd", "process_madvise", "process_mrelease",
            "fanotify_init", "memfd_secret", "futex_waitv", "quotactl_fd", "rseq",
            // With version 2 alone nothing else keeps devices away: the start is refused.
        ] + (access("/sys/fs/cgroup/devices", F_OK) == 0 ? ["bpf"] : [])

    /// Starts the agent where a call is missing.
    private func agent(_ walk: Walk, without call: String) throws -> ForegroundRun {
        try walk.start(
            ["agent"],
            under: [
                "/usr/bin/strace", "-f", "-qq", "--seccomp-bpf", "-o", "/dev/null", "-e", "trace=\(call)",
                "-e",
                "inject=\(call):error=ENOSYS",
            ]
        )
    }

    @Test(.enabled(if: access("/usr/bin/strace", X_OK) == 0, "install strace"), arguments: needed)
    func `an agent that a call is missing to says so, and touches nothing`(_ call: String) async throws {
        try await withWalk { walk in
            let run = try agent(walk, without: call)
            #expect(try await run.exit() == 1, "\(run.shown)")
            let words =
                "run agent: this kernel, or a filter around the agent, does not have \(call)(2): use Linux 5.12"
            #expect(try run.output().contains(words), "\(run.shown)")
        }
    }

    @Test(.enabled(if: access("/usr/bin/strace", X_OK) == 0, "install strace"))
    func `a container is refused where the keeper cannot make one, and the reason is told`() async throws {
        try await withWalk { walk in
            try await walk.importBusybox()
            let run = try agent(walk, without: "clone3")
            try await run.wait(for: "the agent serves")
            let text =
                "name: none\nservices: { a: { image: \"busybox:walk\", command: [sleep, \"100000\"] } }\n"
            let refused = try await walk.martlet("apply", with: ["--wait", try walk.file(text)])
            #expect(refused.code == 1 && refused.output.contains("clone3"), "\(refused)")
            #expect(try await walk.pids().isEmpty)
            try await walk.down("none")
            for pid in try Self.agents(of: walk) { kill(pid, SIGTERM) }
            #expect(try await run.exit() == 0, "\(run.shown)")
        }
    }

    /// The C library answers for it, and does not tell mounts apart: the host's root would stay over the container's.
    @Test(.enabled(if: access("/usr/bin/strace", X_OK) == 0, "install strace"))
    func `a keeper that statx is missing to starts nothing, for nobody could see what lies over a root`()
        async throws
    {
        try await withWalk { walk in
            try await walk.importBusybox()
            try Shell.run("mkdir -p -m 700 \(walk.folder)/run")
            let keeper = try ForegroundRun(
                [
                    "/usr/bin/strace", "-f", "-qq", "--seccomp-bpf", "-o", "/dev/null", "-e", "trace=statx",
                    "-e",
                    "inject=statx:error=ENOSYS", try TestNode.keeperProgram(),
                    "--runtime-dir=\(walk.folder)/run",
                ],
                output: "\(walk.folder)/output.keeper"
            )
            let deadline = ContinuousClock.now + ForegroundRun.patience
            while access("\(walk.folder)/run/keeper.sock", F_OK) < 0 {
                try #require(ContinuousClock.now < deadline, "\(keeper.shown)")
                try await Task.sleep(for: .milliseconds(20))
            }
            let agent = try await walk.agent()
            let text =
                "name: none\nservices: { a: { image: \"busybox:walk\", command: [sleep, \"100000\"] } }\n"
            let refused = try await walk.martlet("apply", with: ["--wait", try walk.file(text)])
            #expect(refused.code == 1 && refused.output.contains("(ENOSYS)"), "\(refused)")
            #expect(try await walk.pids().isEmpty)
            try await walk.down("none")
            try await walk.end(agent)
            let running = try await walk.keeper()
            try await running.quit()
            running.close()
            #expect(try await keeper.exit() == 0, "\(keeper.shown)")
            try Shell.run("rm -rf \(walk.folder)/run")
        }
    }

    /// A node in a container may have control groups without controllers.
    private static let hasLimits =
        access("/sys/fs/cgroup/memory", F_OK) == 0
        || (try? Shell.run("grep -qw memory /sys/fs/cgroup/cgroup.controllers")) != nil

    @Test(.enabled(if: access("/usr/bin/strace", X_OK) == 0, "install strace"), arguments: spared)
    func `without a call that there is another way for all goes as ever`(_ call: String) async throws {
        try await withWalk { walk in
            try await walk.importBusybox()
            let run = try agent(walk, without: call)
            try await run.wait(for: "the agent serves")
            try await walk.apply(
                """
                name: lean
                services:
                  web:
                    image: busybox:walk
                    command: [httpd, -f, -p, "8000", -h, /www]
                    init: true
                    ports: ["127.0.0.1:\(walk.port):8000"]
                    networks: [inside]
                    volumes: ["data:/data"]
                    tmpfs: [/tmp]
                    read_only: true
                    cap_drop: [ALL]
                    cap_add: [NET_BIND_SERVICE]
                    \(Self.hasLimits ? "mem_limit: 32M" : "")
                    \(Self.hasLimits ? "pids_limit: 50" : "")
                    devices: [/dev/fuse]
                    stop_grace_period: 0s
                    healthcheck: { test: [CMD, "true"], interval: 1s }
                networks: { inside: {} }
                volumes: { data: {} }
                """
            )
            #expect(try walk.page("index.html") == "up\n")
            #expect(try await walk.martlet("exec", with: ["lean/web", "--", "true"]).code == 0)
            try await isolation(of: "lean/web", walk)
            try await walk.down("lean")
            // strace ends with the last of those that it looks at.
            for pid in try Self.agents(of: walk) { kill(pid, SIGTERM) }
            #expect(try await run.exit() == 0, "\(run.shown)")
        }
    }

    /// What holds a container of `lean` has to be in force whatever there was to do it with: less would be a refusal.
    private func isolation(of target: String, _ walk: Walk) async throws {
        func said(_ command: String) async throws -> String {
            try await walk.martlet("exec", with: [target, "--", "sh", "-c", command]).output
        }
        let status = try await said("cat /proc/1/status")
        func field(_ name: String) -> String {
            let line = status.split(separator: "\n").first { $0.hasPrefix("\(name):") }
            return String(line?.split(whereSeparator: \.isWhitespace).dropFirst().first ?? "")
        }
        #expect(field("NoNewPrivs") == "1" && field("Seccomp") == "2", "\(status)")
        // CAP_NET_BIND_SERVICE is number 10.
        for set in ["CapBnd", "CapPrm", "CapEff"] {
            #expect(field(set) == "0000000000000400", "\(set): \(status)")
        }
        #expect(field("CapAmb") == "0000000000000000", "\(status)")

        let pid = try #require(try await walk.instances().first?.pid)
        let first = try Shell.run("awk '{ print $2 }' /proc/\(pid)/uid_map").dropLast()
        #expect(UInt32(first) ?? 0 > 65_535, "\(first)")
        for kind in ["mnt", "pid", "net", "ipc", "uts", "user", "cgroup"] {
            let own = try Shell.run("readlink /proc/\(pid)/ns/\(kind)")
            #expect(own != (try Shell.run("readlink /proc/self/ns/\(kind)")), "\(kind)")
        }
        let group = "/sys/fs/cgroup -path '*/martlet-\(walk.owner)/lean-web-*'"
        let limits = try Shell.run(
            """
            cat /dev/null $(find \(group) -name memory.limit_in_bytes -o -path '*/lean-web-*' -name memory.max) \
                $(find \(group) -name pids.max)
            """
        )
        #expect(limits.split(separator: "\n").contains("33554432") == Self.hasLimits, "\(limits)")
        #expect(limits.split(separator: "\n").contains("50") == Self.hasLimits, "\(limits)")

        for (command, why) in [
            ("touch /www/x", "Read-only file system"), ("echo 1 >/proc/sys/kernel/hostname", "Read-only"),
            ("mount -t tmpfs none /tmp", "mount"), ("mknod /tmp/n b 1 1", "mknod"),
            ("dd if=/dev/nodevice of=/dev/null", "dd"),
        ] {
            let refused = try await said("\(command); echo code $?")
            #expect(!refused.contains("code 0") && refused.contains(why), "\(command): \(refused)")
        }
        #expect(try await said("head -c 1 /proc/kcore | wc -c").contains("0"))
        #expect(
            try await said("ls /proc/keys /sys/firmware 2>&1 | wc -c; cat /proc/keys | wc -l").hasSuffix(
                "0\n"
            )
        )
    }

    private static func agents(of walk: Walk) throws -> [Int32] {
        try processes("martlet-agent", of: walk)
    }

    private static func processes(_ name: String, of walk: Walk) throws -> [Int32] {
        try Shell.run(
            """
            for file in $(grep -lsaF \(walk.folder)/run /proc/[0-9]*/cmdline); do
                [ "$(cat ${file%/cmdline}/comm)" != \(name) ] || basename ${file%/cmdline}
            done
            """
        ).split(separator: "\n").compactMap { Int32($0) }
    }
}
