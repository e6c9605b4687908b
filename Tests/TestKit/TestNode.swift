// SPDX-License-Identifier: Apache-2.0
public import Containers
internal import Glibc
public import Linux

/// A keeper of the test's own with a busybox image, cgroups and folders under a fresh name; `end` takes all
/// of it away again.
public final class TestNode: Sendable {
    /// Where everything of this node is.
    public let folder: String
    /// Its control groups.
    public let tree: CgroupTree
    /// Who starts its keeper again.
    public let supervisor: KeeperSupervisor
    /// What launch programs are compiled for.
    public let features: KernelFeatures
    private let name: String

    /// Makes folders, cgroups and a keeper.
    ///
    /// `features` walks the fallbacks of older kernels; `keeper` is another than the usual program.
    public init(features: KernelFeatures? = nil, keeper: String? = nil) async throws {
        let program = try keeper ?? Self.keeperProgram()
        name = "martlet-test-\(getpid())-\(UInt32.random(in: 0...UInt32.max))"
        folder = "/var/tmp/\(name)"
        try Shell.run(
            "mkdir -p \(folder)/run \(folder)/layer/bin && cp /bin/busybox \(folder)/layer/bin/ && chroot \(folder)/layer /bin/busybox --install -s /bin"
        )
        try Shell.run("mkdir -p \(folder)/layer/tmp \(folder)/layer/etc && chmod 1777 \(folder)/layer/tmp")
        tree = try CgroupTree.find(name: name)
        try tree.create()
        supervisor = try KeeperSupervisor(program: program, runtimeDirectory: "\(folder)/run")
        self.features = try features ?? KernelFeatures.probe()
        try supervisor.start()
    }

    /// The one layer: busybox and its links.
    public var layer: String { "\(folder)/layer" }

    /// The keeper's binary, beside the products of this build.
    public static func keeperProgram() throws -> String {
        if let named = getenv("MARTLET_KEEPER") { return String(cString: named) }
        for candidate in [".build/debug/martlet-keeper", ".build/release/martlet-keeper"]
        where access(candidate, X_OK) == 0 {
            return candidate
        }
        throw LinuxError("find", "martlet-keeper: build it with `make build`", errno: ENOENT)
    }

    /// A connection to the keeper, which may still be starting.
    public func keeper() async throws -> Keeper {
        for attempt in 0... {
            do {
                return try await Keeper.connect(runtimeDirectory: "\(folder)/run")
            } catch {
                guard attempt < 200 else { throw error }
                try await Task.sleep(for: .milliseconds(10))
            }
        }
        throw LinuxError("connect", folder, errno: ETIMEDOUT)
    }

    /// A spec over the busybox layer, with a scratch directory of its own.
    public func spec(
        _ id: String,
        _ arguments: [String],
        hostIDs: UInt32? = 0x7000_0000,
        layers: [String]? = nil
    ) throws -> ContainerSpec {
        let scratch = "\(folder)/scratch-\(id)"
        // overlayfs refuses a work directory that a `volatile` mount has used.
        try Shell.run("rm -rf \(scratch)/work && mkdir -p \(scratch)/up \(scratch)/work")
        var process = ProcessSpec(arguments, seccomp: try .standard())
        process.environment = ["PATH=/bin", "HOME=/"]
        return ContainerSpec(
            id: id,
            process: process,
            root: .init(layers: layers ?? [layer], scratch: scratch),
            users: hostIDs.map { .range(from: $0) } ?? .host,
            hostname: id
        )
    }

    /// Starts a container with its output in pipes and returns what to read it from.
    public func start(
        _ keeper: Keeper,
        _ spec: ContainerSpec,
        resources: Resources = Resources()
    ) async throws -> Running {
        var spec = spec
        spec.cgroup = try Cgroup(spec.id, in: tree, resources: resources)
        let output = try Descriptor.pipe()
        let null = try Descriptor.open("/dev/null", O_RDWR)
        let program = try LaunchProgram(
            spec,
            streams: StandardStreams(input: null, output: output.write, error: output.write),
            features: features
        )
        let prepared = try await keeper.prepare(spec.id, program)
        try await keeper.release(spec.id, program)
        return Running(prepared: prepared, output: output.read)
    }

    /// A container that was started.
    public struct Running: Sendable {
        /// Its process and namespaces.
        public let prepared: Keeper.Prepared
        /// Its standard output and error.
        public let output: Descriptor
    }

    /// Runs a container to its end: output and exit status.
    public func run(
        _ keeper: Keeper,
        _ spec: ContainerSpec,
        resources: Resources = Resources()
    ) async throws -> (output: String, status: Int32?) {
        let running = try await start(keeper, spec, resources: resources)
        let output = try await Thread.run { try running.output.readAll(limit: 1 << 20) }
        let status = try await exit(of: spec.id, keeper)
        try await keeper.acknowledge(spec.id)
        try Cgroup.remove(spec.id, in: tree)
        return (String(decoding: output, as: UTF8.self), status)
    }

    /// Waits until a container has ended; its status.
    public func exit(of id: String, _ keeper: Keeper) async throws -> Int32? {
        for _ in 0..<3000 {
            for entry in try await keeper.list() where entry.id == id {
                if case .exited(let status) = entry.state { return status }
            }
            try await Task.sleep(for: .milliseconds(5))
        }
        throw LinuxError("wait", id, errno: ETIMEDOUT)
    }

    /// Kills what runs, ends the keeper and removes folders and cgroups.
    public func end() async throws {
        let keeper = try await keeper()
        for entry in try await keeper.list() {
            if entry.state == .running || entry.state == .prepared {
                kill(entry.pid, SIGKILL)
                _ = try await exit(of: entry.id, keeper)
            }
            try await keeper.acknowledge(entry.id)
        }
        supervisor.stop()
        try await keeper.quit()
        for id in try tree.containers() { try Cgroup.remove(id, in: tree) }
        try tree.remove()
        try Shell.run("rm -rf \(folder)")
    }
}

/// Runs `body` with a node and ends the node also when it fails.
public func withTestNode(
    features: KernelFeatures? = nil,
    keeper: String? = nil,
    _ body: (TestNode, Keeper) async throws -> Void
) async throws {
    let node = try await TestNode(features: features, keeper: keeper)
    do {
        try await body(node, try await node.keeper())
    } catch {
        try await node.end()
        throw error
    }
    try await node.end()
}
