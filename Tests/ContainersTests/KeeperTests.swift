// SPDX-License-Identifier: Apache-2.0
internal import Containers
internal import Glibc
internal import Linux
internal import TestKit
internal import Testing

/// The keeper is replaced, upgraded and killed under running containers.
@Suite(.serialized) struct KeeperTests {
    private static let rounds = 10

    /// Two containers: one that answers each line of a FIFO, so that it can be seen to live, and one that
    /// ends with a known status when told.
    private func startTwo(_ node: TestNode, _ keeper: Keeper) async throws -> [TestNode.Running] {
        var all: [TestNode.Running] = []
        for id in ["one", "two"] {
            let script = "trap 'exit 42' TERM; while :; do sleep 0.05; done"
            let spec = try node.spec(id, ["sh", "-c", script], hostIDs: id == "one" ? 0x7000_0000 : 0x7001_0000)
            all.append(try await node.start(keeper, spec))
        }
        return all
    }

    private func pids(_ keeper: Keeper) async throws -> [String: Int32] {
        try await keeper.list().reduce(into: [:]) { found, entry in
            if entry.state == .running { found[entry.id] = entry.pid }
        }
    }

    @Test func `containers outlive ten replacements of the keeper by itself, with their statuses`() async throws {
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
            let prepared = try await keeper.prepare("waiting", LaunchProgram(spec, streams: streams, features: node.features))
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
                let prepared = try await keeper.prepare("again", LaunchProgram(spec, streams: streams, features: node.features))
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
            await #expect(throws: ContainerError(step: "release", "absent: exec /bin/no-such-program", cause: .errno(ENOENT))) {
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

    @Test func `a process started inside has the container's view and rights, and its own status`() async throws {
        try await withTestNode { node, keeper in
            let running = try await node.start(keeper, node.spec("host", ["sleep", "100"]))
            var process = ProcessSpec(
                ["sh", "-c", "hostname; id -u; grep -c . /proc/1/cmdline; grep -E 'NoNewPrivs|Seccomp:|CapEff' /proc/self/status; exit 5"],
                seccomp: try .standard())
            process.environment = ["PATH=/bin"]
            process.uid = 33
            process.gid = 33
            let output = try Descriptor.pipe()
            let null = try Descriptor.open("/dev/null", O_RDWR)
            let program = LaunchProgram(
                process, in: running.prepared.pidfd, ownUsers: true, cgroup: try Cgroup(existing: "host", in: node.tree),
                streams: StandardStreams(input: null, output: output.write, error: output.write))
            _ = try await keeper.prepare("host.1", program)
            try await keeper.release("host.1", program)
            #expect(try await node.exit(of: "host.1", keeper) == 5)
            try await keeper.acknowledge("host.1")
            let text = try String(decoding: output.read.read(4096), as: UTF8.self)
            #expect(text.split(whereSeparator: \.isWhitespace) == [
                "host", "33", "1", "CapEff:", "0000000000000000", "NoNewPrivs:", "1", "Seccomp:", "2",
            ])
        }
    }
}
