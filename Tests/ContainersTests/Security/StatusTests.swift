// SPDX-License-Identifier: Apache-2.0
internal import Containers
internal import Glibc
internal import Linux
internal import TestKit
internal import Testing

extension SecurityTests {
    /// S14, S16 and what every container process must be.
    @Suite struct StatusTests {
        // CHOWN, DAC_OVERRIDE, FOWNER, FSETID, KILL, SETGID, SETUID, SETPCAP, NET_BIND_SERVICE, SYS_CHROOT,
        // SETFCAP by their bit numbers in capabilities(7).
        private let standard = "00000000800405fb"

        private func check(_ status: String, _ capabilities: String) {
            #expect(line("NoNewPrivs:", of: status) == "1")  // OP_NO_NEW_PRIVS
            #expect(line("Seccomp:", of: status) == "2")  // OP_SECCOMP
            #expect(line("Seccomp_filters:", of: status) == "1")
            #expect(line("CapInh:", of: status) == "0000000000000000")  // OP_CAPS, like the next four
            #expect(line("CapAmb:", of: status) == "0000000000000000")
            #expect(line("CapPrm:", of: status) == capabilities)
            #expect(line("CapEff:", of: status) == capabilities)
            #expect(line("CapBnd:", of: status) == standard)
        }

        @Test(arguments: [hostIDs, nil], [false, true])
        func `a root process has the standard rights and no more`(hostIDs: UInt32?, withInit: Bool)
            async throws
        {
            try await withNode { node, keeper in
                try node.install("inside")
                var spec = try node.spec(
                    "status",
                    ["sh", "-c", "cat /proc/self/status; inside"],
                    hostIDs: hostIDs
                )
                spec.initProcess = withInit
                let (output, _) = try await node.run(keeper, spec)
                check(output, standard)
                #expect(line("fds", of: output) == "0 1 2")
                #expect(line("umask", of: output) == "22")
                #expect(line("ids", of: output) == "0 0 0 0")
            }
        }

        @Test func `a process of another user has no capability at all`() async throws {
            try await withNode { node, keeper in
                var spec = try node.spec("user", ["sh", "-c", "cat /proc/self/status; id -G"])
                spec.process.uid = 1000
                spec.process.gid = 1001
                spec.process.groups = [1001, 7, 65_535]
                let (output, _) = try await node.run(keeper, spec)
                check(output, "0000000000000000")
                #expect(line("Uid:", of: output) == "1000 1000 1000 1000")
                #expect(line("Gid:", of: output) == "1001 1001 1001 1001")
                #expect(line("Groups:", of: output) == "7 1001 65535")
                #expect(output.split(separator: "\n").last == "1001 7 65535")
            }
        }

        // The keeper itself has a group here, which nothing that it starts may keep: OP_BECOME.
        @Test func `a process started later has the same rights, descriptors and groups`() async throws {
            var held: [gid_t] = [4242]
            setgroups(1, &held)
            defer { setgroups(0, nil) }
            try await withNode { node, keeper in
                try node.install("inside")
                let spec = try node.spec("later", ["sleep", "100"])
                #expect(try node.hostStatus(keeper.pid, "Groups") == "4242")
                let running = try await node.start(keeper, spec)
                #expect(try node.hostStatus(running.prepared.pid, "Groups") == "")
                var process = ProcessSpec(
                    ["sh", "-c", "cat /proc/self/status; inside"],
                    seccomp: try .standard()
                )
                process.environment = ["PATH=/bin"]
                let (output, status) = try await node.execute(keeper, process, in: running, id: "later-exec")
                check(output, standard)
                #expect(status == 0)
                #expect(line("fds", of: output) == "0 1 2")
                #expect(line("Groups:", of: output) == "")
                #expect(line("ids", of: output) == "0 0 0 0")
                try await node.finish(keeper, running, id: "later")
            }
        }

        // Two defences, either of which hides them: the stage closes what is not an input (close_others), and
        // exec closes all above 2 (close_range in execute).
        @Test func `descriptors that the keeper and the caller leak stay outside`() async throws {
            let leaked = try ["/", "/etc", "/proc", "/var/tmp"].flatMap { path in
                try (0..<12).map { _ in try Descriptor.open(path, O_RDONLY | O_DIRECTORY) }
            }
            for descriptor in leaked { _ = fcntl(descriptor.number, F_SETFD, 0) }
            defer { withExtendedLifetime(leaked) {} }
            try await withNode { node, keeper in
                // Otherwise this would prove nothing.
                #expect(try Shell.run("ls -l /proc/\(keeper.pid)/fd").contains("-> /etc"))
                try node.install("inside")
                for withInit in [false, true] {
                    var spec = try node.spec("leak-\(withInit)", ["sh", "-c", "inside; sleep 100"])
                    spec.initProcess = withInit
                    let running = try await node.start(keeper, spec)
                    let output = try await Thread.run { try running.output.read(4096) }
                    #expect(line("fds", of: String(decoding: output, as: UTF8.self)) == "0 1 2")
                    // The host's view of pid 1: our init keeps nothing, a program its three streams.
                    let held = try Shell.run("ls /proc/\(running.prepared.pid)/fd").split(
                        whereSeparator: \.isWhitespace
                    )
                    #expect(held == (withInit ? [] : ["0", "1", "2"]))
                    var process = ProcessSpec(["inside"], seccomp: try .standard())
                    process.environment = ["PATH=/bin"]
                    let later = try await node.execute(keeper, process, in: running, id: "leak-exec")
                    #expect(line("fds", of: later.output) == "0 1 2")
                    try await node.finish(keeper, running, id: spec.id)
                }
            }
        }

        // -1 means "leave it" to setresuid(2): without the check in OP_BECOME the process stays root. Ids
        // beyond the map are refused by the kernel.
        @Test(arguments: [UInt32.max, UInt32.max - 1, 65_536, 0x8000_0000])
        func `a user id outside the container is refused`(id: UInt32) async throws {
            try await withNode { node, keeper in
                var spec = try node.spec("uid", ["id"])
                spec.process.uid = id
                await #expect(throws: ContainerError.self) { _ = try await node.run(keeper, spec) }
                spec = try node.spec("gid", ["id"])
                spec.process.gid = id
                await #expect(throws: ContainerError.self) { _ = try await node.run(keeper, spec) }
                let running = try await node.start(keeper, try node.spec("host", ["sleep", "100"]))
                var process = ProcessSpec(["id"], seccomp: try .standard())
                process.environment = ["PATH=/bin"]
                process.uid = id
                let wrong = process
                await #expect(throws: ContainerError.self) {
                    _ = try await node.execute(keeper, wrong, in: running, id: "uid-exec")
                }
                try await node.finish(keeper, running, id: "host")
            }
        }

        // OP_NO_NEW_PRIVS. The file really is setuid: the mode is looked at.
        @Test(arguments: [hostIDs, nil])
        func `a setuid program gains nothing`(hostIDs: UInt32?) async throws {
            try await withNode { node, keeper in
                try node.install("inside")
                try Shell.run("chmod 6755 \(node.layer)/bin/inside")
                var spec = try node.spec(
                    "setuid",
                    ["sh", "-c", "stat -c %a /bin/inside; inside"],
                    hostIDs: hostIDs
                )
                spec.process.uid = 1000
                spec.process.gid = 1000
                let (output, _) = try await node.run(keeper, spec)
                #expect(output.hasPrefix("6755\n"))
                #expect(line("ids", of: output) == "1000 1000 1000 1000")
            }
        }
    }
}
