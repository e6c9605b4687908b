// SPDX-License-Identifier: Apache-2.0
internal import Containers
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
        "setns",
    ]
    /// All goes without these, if in another way.
    private static let spared = [
        "statx", "faccessat2", "sync_file_range", "copy_file_range", "splice", "tee", "vmsplice", "keyctl",
        "landlock_create_ruleset", "bpf", "epoll_pwait2", "io_uring_setup", "pidfd_getfd", "process_madvise",
    ]

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
                    mem_limit: 32M
                    devices: [/dev/fuse]
                    stop_grace_period: 0s
                    healthcheck: { test: [CMD, "true"], interval: 1s }
                networks: { inside: {} }
                volumes: { data: {} }
                """
            )
            #expect(try walk.page("index.html") == "up\n")
            #expect(try await walk.martlet("exec", with: ["lean/web", "--", "true"]).code == 0)
            try await walk.down("lean")
            // strace ends with the last of those that it looks at.
            for pid in try Self.agents(of: walk) { kill(pid, SIGTERM) }
            #expect(try await run.exit() == 0, "\(run.shown)")
        }
    }

    private static func agents(of walk: Walk) throws -> [Int32] {
        try Shell.run(
            """
            for file in $(grep -lsaF \(walk.folder)/run /proc/[0-9]*/cmdline); do
                [ "$(cat ${file%/cmdline}/comm)" != martlet-agent ] || basename ${file%/cmdline}
            done
            """
        ).split(separator: "\n").compactMap { Int32($0) }
    }
}
