// SPDX-License-Identifier: Apache-2.0
internal import CLaunch
internal import CLinux
internal import Glibc
internal import Linux
internal import TestKit
internal import Testing

@testable internal import Containers

/// Every operation of the agent's launch programs fails, or its process is killed there, once.
@Suite(.serialized) struct KeeperFaultTests {
    /// A container with something of everything.
    private func spec(_ node: TestNode) throws -> ContainerSpec {
        var spec = try node.spec("faulty", ["true"])
        spec.files = [
            ContainerSpec.File("/etc/hosts", "127.0.0.1 localhost\n"),
            ContainerSpec.File(
                readOnly: .plain(Array("secret".utf8)),
                at: "/run/secret",
                uid: 5,
                gid: 6,
                mode: 0o400
            ),
        ]
        let volume = try Descriptor.open(node.layer, MARTLET_O_PATH | O_DIRECTORY)
        spec.mounts = [
            ContainerSpec.Mount(.bind(volume, file: false), at: "/volume"),
            ContainerSpec.Mount(.tmpfs([("size", "1m")]), at: "/tmp"),
        ]
        spec.sysctls = [("net.ipv4.ip_unprivileged_port_start", "0")]
        spec.domainName = "example.org"
        spec.devices = [try DeviceNode(.character, "/dev/more/null", major: 1, minor: 3)]
        spec.process.limits = [ProcessSpec.ResourceLimit(name: "nofile", soft: 512, hard: 512)].compactMap(
            \.self
        )
        spec.process.umask = 0o027
        spec.process.groups = [7, 8]
        spec.initProcess = true
        spec.cgroup = try Cgroup("faulty", in: node.tree, resources: Resources())
        return spec
    }

    private func program(_ node: TestNode, _ make: (StandardStreams) throws -> LaunchProgram) throws
        -> LaunchProgram
    {
        let null = try Descriptor.open("/dev/null", O_RDWR)
        return try make(StandardStreams(input: null, output: null, error: null))
    }

    /// What came of a launch: at which step it failed and with what.
    private func launch(_ keeper: Keeper, _ id: String, _ program: LaunchProgram) async throws
        -> ContainerError?
    {
        do throws(any Error) {
            _ = try await keeper.prepare(id, program)
            try await keeper.release(id, program)
            return nil
        } catch let error as ContainerError {
            return error
        }
    }

    private func forget(_ id: String, _ node: TestNode, _ keeper: Keeper) async throws -> Int32? {
        guard try await keeper.list().contains(where: { $0.id == id }) else { return nil }
        let status = try await node.exit(of: id, keeper)
        try await keeper.acknowledge(id)
        return status
    }

    /// Meets every fault of `program`, made afresh for each, and hands each outcome on.
    private func meetAll(
        _ kind: Fault.Kind,
        _ id: String,
        _ node: TestNode,
        _ keeper: Keeper,
        make: () throws -> LaunchProgram,
        after: (Fault) async throws -> Void
    ) async throws {
        let plan = "\(node.folder)/run/faults"
        let count = try make().explained().count
        // The stage of what runs may be about to end still.
        let running = try await keeper.list().count { $0.state == .running }
        var before = try Holdings(of: node.supervisor.pid)
        for _ in 0..<500 where before.children > running {
            try await Task.sleep(for: .milliseconds(10))
            before = try Holdings(of: node.supervisor.pid)
        }
        // Beyond the operations: before the stage reports, and before the child is released.
        for index in 0..<(kind == .kill ? count + 2 : count) {
            let fault = Fault(kind: kind, index: index)
            let program = try make()
            try fault.plan(in: plan)
            let error = try await launch(keeper, id, program)
            Fault.clear(plan)
            let status = try await forget(id, node, keeper)
            let errno = kind == .error ? Fault.errno : ECHILD
            switch index {
            case count - 1 where kind == .kill:
                // It was the container's program as far as anybody can tell.
                #expect(error == nil && status == 128 + SIGKILL, "\(fault): \(String(describing: error))")
            case count:
                #expect(error?.step == "prepare" && error?.cause == .errno(ECHILD), "\(fault)")
            case count + 1:
                // Who notices first, the stage or the keeper, differs.
                #expect(error != nil, "\(fault)")
            default:
                // What the child does beside the stage is told by whichever of both comes first.
                let ahead =
                    (0..<count).first { program.operation($0) == "receive" }
                    ?? (0..<count).first { !program.isHostSide($0) } ?? -1
                let steps =
                    program.isHostSide(index)
                    ? ["prepare"] : index <= ahead ? ["prepare", "release"] : ["release"]
                let subject = "\(id): \(program.operation(index))"
                let possible = steps.map { ContainerError(step: $0, subject, cause: .errno(errno)) }
                #expect(possible.contains { $0 == error }, "\(fault): \(String(describing: error))")
                #expect(status == nil, "\(fault): the keeper still has it")
            }
            try await after(fault)
            let left = try await Holdings.settled(of: node.supervisor.pid, as: before)
            #expect(left == before, "\(fault) at \(program.operation(index))")
        }
    }

    @Test(arguments: Fault.Kind.allCases, [nil, KernelFeatures([])])
    func `a launch that fails at any operation says which, leaves nothing, and the next one succeeds`(
        _ kind: Fault.Kind,
        on features: KernelFeatures?
    ) async throws {
        try await withTestNode(features: features, keeper: Fault.keeper()) { node, keeper in
            let next = try node.spec("faulty", ["true"])
            // A first one, so that what the keeper makes once is there.
            #expect(try await node.run(keeper, next).status == 0)
            try await meetAll(kind, "faulty", node, keeper) {
                try program(node) { try LaunchProgram(spec(node), streams: $0, features: node.features) }
            } after: { fault in
                // Throws while a process is in it.
                try Cgroup.remove("faulty", in: node.tree)
                #expect(try node.tree.containers().isEmpty)
                guard Fault.isSoak || fault.index % 8 == 0 else { return }
                #expect(
                    try await node.run(keeper, node.spec("faulty", ["true"])).status == 0,
                    "after \(fault)"
                )
            }
        }
    }

    @Test(arguments: Fault.Kind.allCases)
    func `a further process that fails at any operation says which, and the container lives on`(
        _ kind: Fault.Kind
    ) async throws {
        try await withTestNode(keeper: Fault.keeper()) { node, keeper in
            let running = try await node.start(keeper, node.spec("host", ["sleep", "1000"]))
            let group = try Cgroup(existing: "host", in: node.tree)
            var process = ProcessSpec(["true"], seccomp: try .standard())
            process.environment = ["PATH=/bin"]
            process.groups = [9]
            try await meetAll(kind, "host.1", node, keeper) {
                try program(node) {
                    LaunchProgram(
                        process,
                        in: running.prepared.pidfd,
                        ownUsers: true,
                        cgroup: group,
                        streams: $0
                    )
                }
            } after: { fault in
                for _ in 0..<200 {  // a killed process leaves its group once it is reaped
                    if try group.processes() == [running.prepared.pid] { break }
                    try await Task.sleep(for: .milliseconds(5))
                }
                #expect(try group.processes() == [running.prepared.pid], "\(fault)")
            }
        }
    }

    @Test func `a launch without faults succeeds in the keeper that could fail`() async throws {
        try await withTestNode(keeper: Fault.keeper()) { node, keeper in
            let made = try program(node) {
                try LaunchProgram(spec(node), streams: $0, features: node.features)
            }
            let error = try await launch(keeper, "faulty", made)
            #expect(error == nil)
            #expect(try await forget("faulty", node, keeper) == 0)
        }
    }

    @Test func `the keeper that is installed has nothing of the faults`() throws {
        let words = ["MARTLET_FAULTS", "martlet_fault", "martlet_faults_arm"]
        let faulty = try Descriptor.open(Fault.keeper(), O_RDONLY).readAll(limit: 64 << 20)
        let usual = try Descriptor.open(TestNode.keeperProgram(), O_RDONLY).readAll(limit: 64 << 20)
        for word in words {
            #expect(faulty.firstRange(of: Array(word.utf8)) != nil, "\(word): the search would not find it")
            #expect(usual.firstRange(of: Array(word.utf8)) == nil, "\(word)")
        }
    }
}
