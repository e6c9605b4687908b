// SPDX-License-Identifier: Apache-2.0
internal import Containers
internal import Glibc
internal import Linux
internal import TestKit

extension GroupProbe {
    func controllers() throws {
        let group = try make("controllers")
        let seen = try file("cgroup.controllers", group)
        let words = Set(seen.split(separator: " ").map(String.init))
        try expect(
            "every controller is handed down to a group at any path",
            words == (try mounts.controllers())
                && words.isSuperset(of: ["cpu", "cpuset", "io", "memory", "pids"]),
            seen
        )
    }

    private struct Step {
        let set: (inout Resources) -> Void
        let files: [String: String]

        init(_ files: [String: String], _ set: @escaping (inout Resources) -> Void) {
            self.files = files
            self.set = set
        }
    }

    func limits() throws {
        let group = try make("limits") { $0.memoryLimits.limit = 64 << 20 }
        try start("exec sleep 1000", in: group)
        let disk = try Shell.run("cat /sys/block/nvme0n1/dev").split(whereSeparator: \.isNewline).joined()
        let number = disk.split(separator: ":").compactMap { Int64($0) }
        let steps = [
            Step(["memory.max": "33554432", "memory.swap.max": "16777216"]) {
                ($0.memoryLimits.limit, $0.memoryLimits.swap) = (32 << 20, 48 << 20)
            },
            Step(["memory.max": "104857600", "memory.swap.max": "104857600", "memory.low": "1048576"]) {
                ($0.memoryLimits.limit, $0.memoryLimits.swap) = (100 << 20, 200 << 20)
                $0.memoryLimits.reservation = 1 << 20
            },
            Step(["memory.max": "max", "memory.swap.max": "max"]) { $0.memoryLimits.limit = -1 },
            Step(["cpu.max": "150000 100000"]) { $0.processors = 1.5 },
            Step(["cpu.max": "500000 1000000"]) { ($0.cpu.quota, $0.cpu.period) = (500_000, 1_000_000) },
            Step(["cpu.max": "200000 1000000"]) { $0.cpu.quota = 200_000 },
            Step(["cpu.max": "200000 400000"]) { $0.cpu.period = 400_000 },
            Step(["cpu.max": "50000 100000", "cpu.max.burst": "40000"]) {
                ($0.cpu.quota, $0.cpu.period, $0.cpu.burst) = (50_000, 100_000, 40_000)
            },
            Step(["cpu.max": "20000 100000", "cpu.max.burst": "10000"]) {
                ($0.cpu.quota, $0.cpu.burst) = (20_000, 10_000)
            },
            Step(["cpu.max": "max 100000"]) { $0.cpu.quota = -1 },
            Step(["cpu.weight": "39"]) { $0.cpu.shares = 1_024 },
            Step(["cpu.idle": "1"]) { ($0.cpu.idle, $0.cpu.shares) = (1, 2) },
            Step(["cpu.idle": "0", "cpu.weight": "100"]) { ($0.cpu.idle, $0.processorWeight) = (0, 100) },
            Step(["cpuset.cpus": "0", "cpuset.mems": "0"]) { ($0.cpu.cpus, $0.cpu.mems) = ("0", "0") },
            Step(["pids.max": "77"]) { $0.pids = 77 },
            Step(["pids.max": "max"]) { $0.pids = -1 },
            Step(["hugetlb.2MB.max": "4194304"]) { $0.hugepages = ["2MB": 4 << 20] },
            Step(["io.max": "\(disk) rbps=1048576 wbps=max riops=max wiops=100"]) {
                $0.blockIO.readBytes = [.init(major: number[0], minor: number[1], rate: 1 << 20)]
                $0.blockIO.writeOperations = [.init(major: number[0], minor: number[1], rate: 100)]
            },
            Step(["memory.high": "52428800", "io.max": "\(disk) rbps=1048576 wbps=2048 riops=max wiops=max"])
            {
                $0.unified = ["memory.high": "50M", "io.max": "\(disk) wbps=2048\n\(disk) wiops=max\n"]
            },
            Step(["io.max": ""]) {
                $0.blockIO.readBytes = [.init(major: number[0], minor: number[1], rate: 0)]
                $0.blockIO.writeBytes = [.init(major: number[0], minor: number[1], rate: 0)]
            },
        ]
        for step in steps {
            var resources = Resources()
            step.set(&resources)
            try group.apply(resources)
            for (name, value) in step.files {
                let seen = try file(name, group)
                guard seen == value else {
                    throw Shell.Failure(description: "\(name): \(seen), not \(value)")
                }
            }
        }
        try expect("limits are raised, lowered and taken away live", true, "")
    }

    func refusals() throws {
        let group = try make("refusals") { $0.memoryLimits.limit = 64 << 20 }
        try start("x=$(head -c 20000000 /dev/zero | tr '\\0' x); sleep 1000", in: group)
        try wait("it holds memory") { group.statistics()?.memory?.main.usage ?? 0 > 20 << 20 }
        var less = Resources(memory: 8 << 20)
        less.memoryLimits.checkBeforeUpdate = true
        let refusal = failure { try group.apply(less) }
        try expect(
            "a limit below what is in use is refused when that is asked",
            refusal.contains("bytes in use") && (try file("memory.max", group)) == "67108864",
            refusal
        )
        var foreign = Resources()
        foreign.unified = ["memory.wish": "1"]
        let missing = failure { try group.apply(foreign) }
        try expect(
            "a file that the kernel does not have is an error that names it",
            missing.contains("memory.wish: remove the limit"),
            missing
        )
        // No controller of memory comes through a group that holds processes, cgroup-v2.rst.
        let full = try Cgroup(CgroupPath("/martlet-probe.slice/full"), in: mounts, resources: Resources())
        try Shell.run(
            "(echo 0 >\(folder(full))/cgroup.procs && exec sleep 1000) >/dev/null 2>&1 </dev/null &"
        )
        try wait("the group above holds a process") { try !full.processes().isEmpty }
        let below = try full.path.appending("below")
        _ = try Cgroup(below, in: mounts, resources: Resources())
        let busy = failure { _ = try Cgroup(below, in: mounts, resources: Resources(memory: 1 << 20)) }
        try expect(
            "a controller that cannot be handed down matters when a limit needs it",
            busy.contains("/full/cgroup.subtree_control") && busy.contains("move the processes"),
            busy
        )
    }

    func statistics() throws {
        let group = try make("statistics") {
            $0 = Resources(memory: 64 << 20, processors: 0.1, processes: 3)
            $0.period = 10_000
        }
        try start("while :; do :; done", in: group)
        try wait("it was throttled") { group.statistics()?.processor?.throttledPeriods ?? 0 > 3 }
        // The shell gives up when it cannot fork.
        _ = try? run("for i in 1 2 3 4 5; do sleep 1 & done", in: group)
        let seen = group.statistics()
        try expect(
            "processor time and waits are counted",
            seen?.processor?.total ?? 0 > 0 && seen?.processor?.throttledTime ?? 0 > 0,
            "\(String(describing: seen?.processor))"
        )
        try expect(
            "memory is counted",
            seen?.memory?.main.usage ?? 0 > 0 && seen?.memory?.main.limit == 64 << 20
                && seen?.memory?.detail["anon"] != nil,  // counted in batches: it may be 0 yet
            "\(String(describing: seen?.memory?.main))"
        )
        try expect(
            "processes and refused ones are counted",
            seen?.pids?.usage ?? 0 > 0 && seen?.pids?.limit == 3 && seen?.pids?.failures ?? 0 > 0,
            "\(String(describing: seen?.pids))"
        )
    }
}
