// SPDX-License-Identifier: Apache-2.0
internal import Containers
internal import Glibc
internal import Linux
internal import TestKit
internal import Testing

extension SecurityTests {
    /// S01, S02, S03: what a container can get at of the process that makes it.
    @Suite struct ReachTests {
        private let sealed: Int32 = 0x1 | 0x2 | 0x4 | 0x8 | 0x20  // SEAL, SHRINK, GROW, WRITE, EXEC
        private let getSeals: Int32 = 1034  // F_GET_SEALS, fcntl(2)

        private func seals(_ pid: Int32) throws -> Int32 {
            let program = try Descriptor.open("/proc/\(pid)/exe", O_RDONLY)
            return fcntl(program.number, getSeals) & sealed
        }

        // seal_self: the keeper runs from a sealed copy, and so does everything that it forks.
        @Test(arguments: [hostIDs, nil], [false, true])
        func `the program that makes containers is sealed and out of reach`(
            hostIDs: UInt32?,
            reexecuted: Bool
        ) async throws {
            let binary = try TestNode.keeperProgram()
            let before = try Shell.run("sha256sum \(binary)")
            try await withNode { node, first in
                var keeper = first
                if reexecuted {
                    try await first.reexec()
                    keeper = try await node.keeper()
                    // replaced, not restarted
                    #expect(keeper.pid == first.pid && node.supervisor.starts == 1)
                }
                #expect(try seals(keeper.pid) == sealed)
                let script = """
                    for name in exe mem; do cat /proc/1/$name > /dev/null && echo read $name; true >> /proc/1/$name && echo wrote $name; done
                    readlink /proc/1/exe && echo followed; ls /proc/1/fd/; ls /proc/1/root/ && echo entered; echo end; sleep 100
                    """
                var spec = try node.spec(
                    "sealed",
                    ["sh", "-c", "( \(script) ) 2>/dev/null"],
                    hostIDs: hostIDs
                )
                spec.initProcess = true
                spec.cgroup = try Cgroup(spec.id, in: node.tree, resources: Resources())
                let output = try Descriptor.pipe(), null = try Descriptor.open("/dev/null", O_RDWR)
                let program = try LaunchProgram(
                    spec,
                    streams: StandardStreams(input: null, output: output.write, error: output.write),
                    features: node.features
                )
                let prepared = try await keeper.prepare(spec.id, program)
                #expect(try seals(prepared.pid) == sealed)
                try await keeper.release(spec.id, program)
                #expect(try seals(prepared.pid) == sealed)  // our init
                // PR_SET_DUMPABLE 0 in the keeper, again after it replaced itself.
                let text = String(
                    decoding: try await Thread.run { try output.read.read(4096) },
                    as: UTF8.self
                )
                #expect(text == "end\n")
                try await node.finish(keeper, prepared, id: spec.id)
            }
            #expect(try Shell.run("sha256sum \(binary)") == before)
        }

        // CVE-2019-5736: the interpreter of a script is named by the process that executes it, which is ours.
        // It is the sealed copy, so that nothing can be written, and F_SEAL_EXEC keeps its mode.
        @Test(arguments: [hostIDs, nil])
        func `a script that runs its own maker cannot change it`(hostIDs: UInt32?) async throws {
            try await withNode { node, keeper in
                try Shell.run(
                    "printf '#!/proc/self/exe\\n' > \(node.layer)/bin/maker && chmod 755 \(node.layer)/bin/maker"
                )
                let spec = try node.spec("maker", ["maker"], hostIDs: hostIDs)
                let (output, status) = try await node.run(keeper, spec)
                #expect(output.contains("unknown option") && status == 2)
                // Opened while it runs, changed after that: SEALS.
                try node.install("grab")
                let running = try await node.start(
                    keeper,
                    try node.spec("grabber", ["grab"], hostIDs: hostIDs)
                )
                try await SecurityTests.await("ready\n", from: running.output)
                var process = ProcessSpec(["maker"], seccomp: try .standard())
                process.environment = ["PATH=/bin"]
                for _ in 0..<60 {
                    _ = try await node.execute(
                        keeper,
                        process,
                        in: running,
                        id: "made",
                        ownUsers: hostIDs != nil
                    )
                }
                let text = try await stop(node, keeper, running, id: "grabber", ownUsers: hostIDs != nil)
                #expect(!text.contains("changed"), "\(text)")
                #expect((Int(line("grabbed", of: text)) ?? 0) > 0, "nothing was grabbed: \(text)")
                #expect(
                    try await node.run(keeper, try node.spec("after", ["echo", "fine"])).output == "fine\n"
                )
            }
        }

        /// Lets a probe that waits for `/tmp/stop` end; what it said.
        private func stop(
            _ node: TestNode,
            _ keeper: Keeper,
            _ running: TestNode.Running,
            id: String,
            ownUsers: Bool
        ) async throws -> String {
            var process = ProcessSpec(["touch", "/tmp/stop"], seccomp: try .standard())
            process.environment = ["PATH=/bin"]
            _ = try await node.execute(keeper, process, in: running, id: "stop", ownUsers: ownUsers)
            _ = try await node.exit(of: id, keeper)
            let text = try await Thread.run { try running.output.read(1 << 16) }
            try await keeper.acknowledge(id)
            try Cgroup.remove(id, in: node.tree)
            return String(decoding: text, as: UTF8.self)
        }

        private static let places =
            (0..<64).map { "/proc/self/fd/\($0)" }
            + [
                "/proc/1/cwd", "/proc/self/cwd", "/proc/1/root", "/proc/self/root/..",
                "/proc/thread-self/fd/7", "/proc/self/fd/../fd/8",
            ]

        // CVE-2024-21626. Three defences: close_range, RESOLVE_NO_MAGICLINKS and the getcwd(2) check.
        @Test func `a working directory behind a descriptor is refused`() async throws {
            let leaked = try (0..<20).map { _ in try Descriptor.open("/", O_RDONLY | O_DIRECTORY) }
            for descriptor in leaked { _ = fcntl(descriptor.number, F_SETFD, 0) }
            defer { withExtendedLifetime(leaked) {} }
            try await withNode { node, keeper in
                try Shell.run("ln -s /proc/self/fd \(node.layer)/way")
                let running = try await node.start(keeper, try node.spec("place", ["sleep", "100"]))
                for place in Self.places + ["/way/3", "/way/5"] {
                    var spec = try node.spec("cwd", ["sh", "-c", "pwd; ls"])
                    spec.process.directory = place
                    let wrong = spec
                    await #expect(throws: ContainerError.self, "\(place)") {
                        _ = try await node.run(keeper, wrong)
                    }
                    var process = ProcessSpec(["sh", "-c", "pwd; ls"], seccomp: try .standard())
                    process.environment = ["PATH=/bin"]
                    process.directory = place
                    let later = process
                    await #expect(throws: ContainerError.self, "\(place)") {
                        _ = try await node.execute(keeper, later, in: running, id: "cwd-exec")
                    }
                }
                var spec = try node.spec("good", ["pwd"])
                spec.process.directory = "/srv/data"
                #expect(try await node.run(keeper, spec).output == "/srv/data\n")
                try await node.finish(keeper, running, id: "place")
            }
        }

        // PR_SET_DUMPABLE 0 of the keeper, which children keep until exec. The spy of a container with its own
        // ids has every capability and no filter; one with the host's ids has the standard capabilities.
        @Test(arguments: [hostIDs, nil], [false, true])
        func `a joining process cannot be looked into`(hostIDs: UInt32?, reexecuted: Bool) async throws {
            try await withNode { node, first in
                var keeper = first
                if reexecuted {
                    try await first.reexec()
                    keeper = try await node.keeper()
                    // replaced, not restarted
                    #expect(keeper.pid == first.pid && node.supervisor.starts == 1)
                }
                try node.install("reach")
                var spec = try node.spec("spy", ["reach"], hostIDs: hostIDs)
                spec.process.seccomp = nil
                if hostIDs != nil { spec.process.capabilities = Capability.all }
                let running = try await node.start(keeper, spec)
                try await SecurityTests.await("ready\n", from: running.output)
                for round in 0..<(soak ? 500 : 50) {
                    var process = ProcessSpec(["true"], seccomp: try .standard())
                    process.environment = ["PATH=/bin"]
                    let (_, status) = try await node.execute(
                        keeper,
                        process,
                        in: running,
                        id: "join",
                        ownUsers: hostIDs != nil,
                        pause: round % 5 == 0 ? .milliseconds(3) : .zero
                    )
                    #expect(status == 0)
                }
                let text = try await stop(node, keeper, running, id: "spy", ownUsers: hostIDs != nil)
                #expect(line("hits", of: text) == "0", "\(text)")
                #expect((Int(line("denied", of: text)) ?? 0) > 0, "the spy never met a joining process")
            }
        }
    }
}
