// SPDX-License-Identifier: Apache-2.0
internal import Containers
internal import Glibc
internal import Linux
internal import Synchronization
internal import TestKit

/// Our own runtime, as the agent uses it: everything from making the cgroup and compiling the launch program
/// to the removal of the cgroup.
final class Martlet {
    private let bench: Bench
    private let keeper: Keeper
    private let keeperBefore = Mutex<(processor: Double, starts: Double)>((0, 0))
    private let null: Descriptor

    init(_ bench: Bench, _ keeper: Keeper) throws {
        self.bench = bench
        self.keeper = keeper
        null = try Descriptor.open("/dev/null", O_RDWR)
        let used = try processorOfKeeper()
        keeperBefore.withLock { $0.processor = used }
    }

    func start(scratch: String) async throws -> Sample {
        keeperBefore.withLock { $0.starts += 1 }
        var process = ProcessSpec(["/bin/true"], seccomp: try .standard())
        process.environment = ["PATH=/bin"]
        var sample = Sample()
        let processor = milliseconds(CLOCK_PROCESS_CPUTIME_ID)
        let begin = milliseconds(CLOCK_MONOTONIC)
        var last = begin
        func done(_ step: String) {
            let now = milliseconds(CLOCK_MONOTONIC)
            sample.steps.append((step, now - last))
            last = now
        }
        var spec = ContainerSpec(
            id: "start",
            process: process,
            root: .init(layers: bench.layers, scratch: scratch),
            users: .range(from: 0x7000_0000),
            hostname: "start"
        )
        if bench.options.cgroups {
            spec.cgroup = try Cgroup("start", in: bench.node.tree, resources: Resources())
        }
        done("cgroup")
        let program = try LaunchProgram(
            spec,
            streams: StandardStreams(input: null, output: null, error: null),
            features: bench.node.features
        )
        done("compile")
        _ = try await keeper.prepare(spec.id, program)
        done("prepare")
        try await keeper.release(spec.id, program)
        done("release")
        sample.untilExec = last - begin
        for await entry in keeper.exits where entry.id == spec.id {
            guard entry.state == .exited(0) else { throw LinuxError("exit", "\(entry.state)", errno: ECHILD) }
            break
        }
        done("exit")
        try await keeper.acknowledge(spec.id)
        done("acknowledge")
        if bench.options.cgroups { try Cgroup.remove(spec.id, in: bench.node.tree) }
        done("remove")
        sample.whole = last - begin
        sample.processor = milliseconds(CLOCK_PROCESS_CPUTIME_ID) - processor
        return sample
    }

    /// The mean of the keeper and all that it made: the kernel tells it in hundredths of a second, so only the
    /// whole run's is exact enough.
    func keeperTime() throws -> Double {
        let now = try processorOfKeeper()
        return keeperBefore.withLock { (now - $0.processor) / $0.starts }
    }

    /// User and system time of the keeper and its reaped children, proc(5) fields 14 to 17, in milliseconds.
    private func processorOfKeeper() throws -> Double {
        let text = try Descriptor.open("/proc/\(keeper.pid)/stat", O_RDONLY).readAll(limit: 4096)
        let fields =
            String(decoding: text, as: UTF8.self).split(separator: ")").last?.split(separator: " ") ?? []
        guard fields.count > 14 else { throw LinuxError("read", "/proc/\(keeper.pid)/stat", errno: EPROTO) }
        return fields[11...14].compactMap { Double($0) }.reduce(0, +) * 1000
            / Double(sysconf(Int32(_SC_CLK_TCK)))
    }
}
