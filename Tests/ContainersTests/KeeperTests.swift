// SPDX-License-Identifier: Apache-2.0
internal import CLaunch
internal import Glibc
internal import Linux
internal import TestKit
internal import Testing

@testable internal import Containers

/// The keeper is replaced, upgraded and killed under running containers.
@Suite(.serialized) struct KeeperTests {
    private static let rounds = 10

    /// Two containers: one that answers each line of a FIFO, so that it can be seen to live, and one that
    /// ends with a known status when told.
    private func startTwo(_ node: TestNode, _ keeper: Keeper) async throws -> [TestNode.Running] {
        var all: [TestNode.Running] = []
        for id in ["one", "two"] {
            let script = "trap 'exit 42' TERM; while :; do sleep 0.05; done"
            let spec = try node.spec(
                id,
                ["sh", "-c", script],
                hostIDs: id == "one" ? 0x7000_0000 : 0x7001_0000
            )
            all.append(try await node.start(keeper, spec))
        }
        return all
    }

    private func pids(_ keeper: Keeper) async throws -> [String: Int32] {
        try await keeper.list().reduce(into: [:]) { found, entry in
            if entry.state == .running { found[entry.id] = entry.pid }
        }
    }

    @Test func `containers outlive ten replacements of the keeper by itself, with their statuses`()
        async throws
    {
        try await withTestNode { node, first in
            let running = try await startTwo(node, first)
            let before = try await pids(first)
            #expect(before.count == 2)
            let pipe = try Descriptor.pipe()
            try await first.park("log.one.out", pipe.read)
            let own = node.supervisor.pid
            var keeper = first
            for _ in 0..<Self.rounds {
                try await keeper.reexec()
                keeper = try await node.keeper()
                #expect(try await pids(keeper) == before)
            }
            #expect(node.supervisor.pid == own && node.supervisor.starts == 1)
            #expect(try await keeper.parked() == ["log.one.out"])
            try pipe.write.write(Array("kept".utf8))
            let taken = try #require(try await keeper.take("log.one.out"))
            #expect(try taken.read(16) == Array("kept".utf8))
            for (id, container) in zip(["one", "two"], running) {
                container.prepared.pidfd.kill(SIGTERM)
                #expect(try await node.exit(of: id, keeper) == 42)
            }
        }
    }

    @Test func `containers outlive ten kills of the keeper; a status is right or unknown`() async throws {
        try await withTestNode { node, first in
            let running = try await startTwo(node, first)
            let before = try await pids(first)
            let pipe = try Descriptor.pipe()
            try await first.park("log.one.out", pipe.read)
            var keeper = first
            for round in 1...Self.rounds {
                kill(node.supervisor.pid, SIGKILL)
                repeat { usleep(1_000) } while node.supervisor.starts <= round
                keeper = try await node.keeper()
                #expect(try await pids(keeper) == before)
                for container in running { #expect(kill(container.prepared.pid, 0) == 0) }
            }
            #expect(try await keeper.parked() == ["log.one.out"])
            for (id, container) in zip(["one", "two"], running) {
                container.prepared.pidfd.kill(SIGTERM)
                let status = try await node.exit(of: id, keeper)
                #expect(status == 42 || status == nil)
            }
        }
    }

    @Test func `an exit that nobody has seen yet survives the keeper's replacement`() async throws {
        try await withTestNode { node, first in
            let spec = try node.spec("brief", ["sh", "-c", "exit 9"])
            _ = try await node.start(first, spec)
            #expect(try await node.exit(of: "brief", first) == 9)
            try await first.reexec()
            let keeper = try await node.keeper()
            #expect(try await node.exit(of: "brief", keeper) == 9)
            try await keeper.acknowledge("brief")
            #expect(try await keeper.list().isEmpty)
        }
    }

    @Test func `a container that was prepared but not released ends with its keeper`() async throws {
        try await withTestNode { node, keeper in
            var spec = try node.spec("waiting", ["true"])
            spec.cgroup = try Cgroup("waiting", in: node.tree, resources: Resources())
            let null = try Descriptor.open("/dev/null", O_RDWR)
            let streams = StandardStreams(input: null, output: null, error: null)
            let prepared = try await keeper.prepare(
                "waiting",
                LaunchProgram(spec, streams: streams, features: node.features)
            )
            kill(node.supervisor.pid, SIGKILL)
            var watched = pollfd(fd: prepared.pidfd.number, events: Int16(POLLIN), revents: 0)
            #expect(poll(&watched, 1, 5_000) == 1)
        }
    }

    @Test func `an abort undoes a prepared container, and its name is free again`() async throws {
        try await withTestNode { node, keeper in
            for _ in 0..<3 {
                var spec = try node.spec("again", ["true"])
                spec.cgroup = try Cgroup("again", in: node.tree, resources: Resources())
                let null = try Descriptor.open("/dev/null", O_RDWR)
                let streams = StandardStreams(input: null, output: null, error: null)
                let prepared = try await keeper.prepare(
                    "again",
                    LaunchProgram(spec, streams: streams, features: node.features)
                )
                try await keeper.abort("again")
                var watched = pollfd(fd: prepared.pidfd.number, events: Int16(POLLIN), revents: 0)
                #expect(poll(&watched, 1, 5_000) == 1)
                #expect(try await keeper.list().isEmpty)
            }
        }
    }

    @Test func `a failed operation is named, with its errno`() async throws {
        try await withTestNode { node, keeper in
            let spec = try node.spec("absent", ["/bin/no-such-program"])
            await #expect(
                throws: ContainerError(
                    step: "release",
                    "absent: exec /bin/no-such-program",
                    cause: .errno(ENOENT)
                )
            ) {
                try await node.start(keeper, spec)
            }
            #expect(try await keeper.list().isEmpty)
        }
    }

    @Test func `a launch is refused when another container has its name`() async throws {
        try await withTestNode { node, keeper in
            _ = try await node.start(keeper, node.spec("same", ["sleep", "100"]))
            await #expect(throws: ContainerError(step: "prepare", "same", cause: .errno(EEXIST))) {
                try await node.start(keeper, node.spec("same", ["sleep", "100"]))
            }
        }
    }

    @Test func `a process started inside has the container's view and rights, and its own status`()
        async throws
    {
        try await withTestNode { node, keeper in
            let running = try await node.start(keeper, node.spec("host", ["sleep", "100"]))
            var process = ProcessSpec(
                [
                    "sh", "-c",
                    "hostname; id -u; grep -c . /proc/1/cmdline; grep -E 'NoNewPrivs|Seccomp:|CapEff' /proc/self/status; exit 5",
                ],
                seccomp: try .standard()
            )
            process.environment = ["PATH=/bin"]
            process.uid = 33
            process.gid = 33
            let output = try Descriptor.pipe()
            let null = try Descriptor.open("/dev/null", O_RDWR)
            let program = LaunchProgram(
                process,
                in: running.prepared.pidfd,
                ownUsers: true,
                cgroup: try Cgroup(existing: "host", in: node.tree),
                streams: StandardStreams(input: null, output: output.write, error: output.write)
            )
            _ = try await keeper.prepare("host.1", program)
            try await keeper.release("host.1", program)
            #expect(try await node.exit(of: "host.1", keeper) == 5)
            try await keeper.acknowledge("host.1")
            let text = try String(decoding: output.read.read(4096), as: UTF8.self)
            #expect(
                text.split(whereSeparator: \.isWhitespace) == [
                    "host", "33", "1", "CapEff:", "0000000000000000", "NoNewPrivs:", "1", "Seccomp:", "2",
                ]
            )
        }
    }

    /// Descriptors and threads of a process.
    private func held(_ pid: Int32) throws -> [Int] {
        try ["fd", "task"].map {
            Int(try Shell.run("ls /proc/\(pid)/\($0) | wc -l").split(separator: "\n")[0]) ?? -1
        }
    }

    @Test func `three hundred starts and ends leave no descriptor and no thread behind`() async throws {
        try await withTestNode { node, keeper in
            func cycle(_ rounds: Int) async throws {
                for _ in 0..<rounds {
                    #expect(try await node.run(keeper, node.spec("loop", ["true"])).status == 0)
                }
            }
            try await cycle(10)
            let own = try held(getpid()), others = try held(node.supervisor.pid)
            try await cycle(300)
            var left: [Int] = []
            for _ in 0..<200 {  // it may be about to close what the last end was seen by
                left = try held(node.supervisor.pid)
                if zip(left, others).allSatisfy({ $0 <= $1 }) { break }
                try await Task.sleep(for: .milliseconds(10))
            }
            for (after, before) in zip(left, others) { #expect(after <= before) }
            // Other suites run beside this one; what leaks would be 300.
            for (after, before) in zip(try held(getpid()), own) { #expect(after < before + 150) }
            #expect(try await keeper.list().isEmpty)
        }
    }

    @Test func `connections that are let go leave no descriptor and no thread behind`() async throws {
        try await withTestNode { node, keeper in
            let before = try held(getpid())
            for _ in 0..<300 { _ = try await node.keeper() }
            var after: [Int] = []
            for _ in 0..<200 {  // their threads see the end of the connection
                after = try held(getpid())
                if zip(after, before).allSatisfy({ $0 < $1 + 150 }) { break }
                try await Task.sleep(for: .milliseconds(10))
            }
            for (after, before) in zip(after, before) { #expect(after < before + 150) }
            #expect(try await keeper.list().isEmpty)
        }
    }

    @Test func `a list of thousands reaches a client that reads slowly`() async throws {
        try await withTestNode { node, keeper in
            let null = try Descriptor.open("/dev/null", O_RDONLY)
            let names = (0..<3000).map { "parked.\($0)" }
            for name in names { try await keeper.park(name, null) }
            // By hand, for a client that asks and then sleeps.
            let folder = try Descriptor.open("\(node.folder)/run", O_DIRECTORY)
            let socket = try Descriptor.connect(
                "/proc/self/fd/\(folder.number)/keeper.sock",
                kind: Int32(SOCK_SEQPACKET.rawValue)
            )
            var request = [UInt8](repeating: 0, count: 112)
            request[0] = 1
            request[4] = 10  // MARTLET_PARKED
            try request.withUnsafeBytes { try socket.write(all: $0) }
            try await Task.sleep(for: .milliseconds(300))
            var count = 0
            while try !socket.read(256).isEmpty {
                count += 1
                if count == names.count + 1 { break }
            }
            #expect(count == names.count + 1)
            #expect(try await Set(keeper.parked()) == Set(names))
        }
    }

    @Test func `a descriptor store that does not read stops nothing`() async throws {
        let folder = "/var/tmp/martlet-test-store-\(getpid())"
        try Shell.run("rm -rf \(folder) && mkdir -p \(folder)/run")
        // Bound and never read: its queue is full after a few messages.
        let store = try Descriptor.bind("\(folder)/notify.sock", kind: Int32(SOCK_DGRAM.rawValue))
        let program = try TestNode.keeperProgram()
        try Shell.run(
            "NOTIFY_SOCKET=\(folder)/notify.sock \(program) --runtime-dir=\(folder)/run </dev/null >/dev/null 2>&1 &"
        )
        defer { _ = try? Shell.run("rm -rf \(folder)") }
        var keeper: Keeper?
        for _ in 0..<200 where keeper == nil {
            keeper = try? await Keeper.connect(runtimeDirectory: "\(folder)/run")
            try await Task.sleep(for: .milliseconds(10))
        }
        let connected = try #require(keeper)
        let null = try Descriptor.open("/dev/null", O_RDONLY)
        for number in 0..<2000 { try await connected.park("p\(number)", null) }
        #expect(try await connected.parked().count == 2000)
        // Once it reads, it is told everything, in order.
        var told = 0
        for _ in 0..<200 where told < 2000 {
            var watched = pollfd(fd: store.number, events: Int16(POLLIN), revents: 0)
            while poll(&watched, 1, 100) == 1 {
                let text = String(decoding: try store.read(256), as: UTF8.self)
                guard text != "READY=1" else { continue }
                #expect(text.hasSuffix("FDNAME=p-p\(told)"))
                told += 1
            }
        }
        #expect(told == 2000)
        try await connected.quit()
    }

    @Test func `a keeper without descriptors turns clients away and stays idle`() async throws {
        try await withTestNode { node, keeper in
            let pid = node.supervisor.pid
            let used = try held(pid)[0]
            try Shell.run("prlimit --pid \(pid) --nofile=\(used - 1):4096")
            await #expect(throws: (any Error).self) {
                _ = try await Keeper.connect(runtimeDirectory: "\(node.folder)/run")
            }
            func ticks() throws -> Int {
                let fields = try Shell.run("cat /proc/\(pid)/stat").split(separator: " ")
                return (Int(fields[13]) ?? 0) + (Int(fields[14]) ?? 0)
            }
            let before = try ticks()
            try await Task.sleep(for: .milliseconds(500))
            #expect(try ticks() - before < 10)
            try Shell.run("prlimit --pid \(pid) --nofile=4096:4096")
            #expect(try await keeper.list().isEmpty)
        }
    }

    @Test func `a container has the usual limit of open files and may raise its core size`() async throws {
        try await withTestNode { node, keeper in
            let spec = try node.spec("limits", ["sh", "-c", "ulimit -Sn; ulimit -Hc"])
            let (output, _) = try await node.run(keeper, spec)
            let own = try Shell.run("sh -c 'ulimit -Sn; ulimit -Hc'")
            #expect(output == own)
        }
    }

    @Test func `an abort at any moment leaves nothing`() async throws {
        try await withTestNode { node, keeper in
            var spec = try node.spec("brief", ["true"])
            spec.cgroup = try Cgroup("brief", in: node.tree, resources: Resources())
            let null = try Descriptor.open("/dev/null", O_RDWR)
            let program = try LaunchProgram(
                spec,
                streams: StandardStreams(input: null, output: null, error: null),
                features: node.features
            )
            for _ in 0..<50 {
                async let prepared = try? keeper.prepare("brief", program)
                try? await keeper.abort("brief")
                if await prepared != nil { try? await keeper.abort("brief") }
                #expect(try await keeper.list().isEmpty)
            }
        }
    }

    @Test func `an abort ends a stage that hangs`() async throws {
        try await withTestNode { node, keeper in
            try Shell.run("mkfifo \(node.folder)/fifo")
            var program = LaunchProgram()
            let root = program.fill(MARTLET_OP_ROOT)
            // Waits for a writer that never comes, as an unreachable server's file would.
            _ = program.fill(
                MARTLET_OP_OPEN,
                from: root,
                text: .string(String(node.folder.dropFirst()) + "/fifo")
            )
            program.add(MARTLET_OP_CLONE, text: .string(""), more: .string(""))
            program.enterContainer()
            program.add(MARTLET_OP_GATE)
            program.add(MARTLET_OP_EXEC, text: .strings(["true"]), more: .strings([]), x: 1)
            let hanging = program
            let preparing = Task { try await keeper.prepare("hangs", hanging) }
            while try await keeper.list().isEmpty { try await Task.sleep(for: .milliseconds(5)) }
            try await Task.sleep(for: .milliseconds(50))
            try await keeper.abort("hangs")
            let subject = "hangs: \(hanging.operation(1))"
            await #expect(throws: ContainerError(step: "prepare", subject, cause: .errno(ECHILD))) {
                try await preparing.value
            }
            #expect(try await keeper.list().isEmpty)
        }
    }

    @Test func `a program cannot make a child that shares the stage's memory`() throws {
        // clone3 flags CLONE_VM and CLONE_FILES in place of namespaces, in an otherwise good program.
        func program(_ flags: UInt64) -> [UInt8] {
            func words<T: FixedWidthInteger>(_ values: [T]) -> [UInt8] {
                values.flatMap { value in withUnsafeBytes(of: value.littleEndian, Array.init) }
            }
            var bytes: [UInt8] =
                words([UInt32(MARTLET_LAUNCH_MAGIC)]) + words([UInt16(MARTLET_LAUNCH_VERSION), 0])
                + words([UInt32(184), 3])
            let clone = UInt16(MARTLET_OP_CLONE.rawValue), exec = UInt16(MARTLET_OP_EXEC.rawValue)
            let gate = UInt16(MARTLET_OP_GATE.rawValue)
            bytes +=
                words([clone]) + [0, 0] + words([Int16(-1), -1, -1, 0]) + words([UInt32(160), 1, 160, 1, 0])
                + words([flags, UInt64(0)])
            bytes +=
                words([gate]) + [1, 0] + words([Int16(-1), -1, -1, 0]) + [UInt8](repeating: 0, count: 36)
            bytes +=
                words([exec]) + [1, 0] + words([Int16(-1), -1, -1, 0]) + words([UInt32(168), 2, 0, 0, 0])
                + words([UInt64(1), 0])
            return bytes + [0, 0, 0, 0, 0, 0, 0, 0] + [0x61, 0] + [UInt8](repeating: 0, count: 14)
        }
        func verdict(_ flags: UInt64) -> Int32 {
            let bytes = program(flags)
            return bytes.withUnsafeBytes { martlet_launch_validate($0.baseAddress, $0.count) }
        }
        #expect(verdict(0x2000_0000) == -1)
        for flags: UInt64 in [0x100, 0x400, 0x200, 0x10000, 0x4000, 0x2000_0100] {
            #expect(verdict(flags) == 0)
        }
    }
}
