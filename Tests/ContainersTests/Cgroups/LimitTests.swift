internal import Glibc
internal import Linux
internal import TestKit
internal import Testing

// SPDX-License-Identifier: Apache-2.0
@testable internal import Containers

/// Limits on this host's controllers, read back and felt.
@Suite(.serialized) struct LimitTests {
    struct Step: Sendable, CustomTestStringConvertible {
        let testDescription: String
        /// The version 1 controller that it needs.
        let controller: String
        let set: @Sendable (inout Resources) -> Void
        /// Values of version 1 files.
        let legacy: [String: String]

        init(
            _ text: String,
            _ controller: String,
            _ legacy: [String: String],
            _ set: @escaping @Sendable (inout Resources) -> Void
        ) {
            testDescription = text
            self.controller = controller
            self.legacy = legacy
            self.set = set
        }
    }

    private static let mebibyte: Int64 = 1 << 20

    /// One after the other, live: each must be reached from the one before.
    static let steps: [Step] = [
        Step("memory", "memory", ["memory.limit_in_bytes": "67108864"]) {
            $0.memoryLimits.limit = 64 * mebibyte
        },
        Step(
            "memory and swap",
            "memory",
            ["memory.limit_in_bytes": "33554432", "memory.memsw.limit_in_bytes": "50331648"]
        ) { ($0.memoryLimits.limit, $0.memoryLimits.swap) = (32 * mebibyte, 48 * mebibyte) },
        Step(
            "more of both",
            "memory",
            ["memory.limit_in_bytes": "104857600", "memory.memsw.limit_in_bytes": "209715200"]
        ) { ($0.memoryLimits.limit, $0.memoryLimits.swap) = (100 * mebibyte, 200 * mebibyte) },
        Step(
            "less of both",
            "memory",
            ["memory.limit_in_bytes": "16777216", "memory.memsw.limit_in_bytes": "16777216"]
        ) { ($0.memoryLimits.limit, $0.memoryLimits.swap) = (16 * mebibyte, 16 * mebibyte) },
        Step("no memory limit", "memory", ["memory.limit_in_bytes": "9223372036854771712"]) {
            $0.memoryLimits.limit = -1
        },
        Step("no swap limit left", "memory", ["memory.memsw.limit_in_bytes": "9223372036854771712"]) { _ in },
        Step(
            "other memory settings",
            "memory",
            ["memory.soft_limit_in_bytes": "1048576", "memory.swappiness": "7"]
        ) {
            ($0.memoryLimits.reservation, $0.memoryLimits.swappiness) = (mebibyte, 7)
            $0.memoryLimits.disableOOMKiller = true
        },
        Step("TCP buffers", "memory", ["memory.kmem.tcp.limit_in_bytes": "1048576"]) {
            $0.memoryLimits.kernelTCP = mebibyte
        },
        Step("whole processors", "cpu", ["cpu.cfs_quota_us": "150000", "cpu.cfs_period_us": "100000"]) {
            $0.processors = 1.5
        },
        Step("a long period", "cpu", ["cpu.cfs_quota_us": "500000", "cpu.cfs_period_us": "1000000"]) {
            ($0.cpu.quota, $0.cpu.period) = (500_000, 1_000_000)
        },
        Step("a short period", "cpu", ["cpu.cfs_quota_us": "2000", "cpu.cfs_period_us": "1000"]) {
            ($0.cpu.quota, $0.cpu.period) = (2_000, 1_000)
        },
        Step("a burst", "cpu", ["cpu.cfs_quota_us": "50000", "cpu.cfs_burst_us": "40000"]) {
            ($0.cpu.quota, $0.cpu.period, $0.cpu.burst) = (50_000, 100_000, 40_000)
        },
        Step("less than the burst was", "cpu", ["cpu.cfs_quota_us": "20000", "cpu.cfs_burst_us": "10000"]) {
            ($0.cpu.quota, $0.cpu.burst) = (20_000, 10_000)
        },
        Step("no quota", "cpu", ["cpu.cfs_quota_us": "-1"]) { $0.cpu.quota = -1 },
        Step("shares", "cpu", ["cpu.shares": "512"]) { $0.cpu.shares = 512 },
        Step("idle", "cpu", ["cpu.idle": "1"]) { ($0.cpu.idle, $0.cpu.shares) = (1, 256) },
        Step("not idle", "cpu", ["cpu.idle": "0", "cpu.shares": "300"]) {
            ($0.cpu.idle, $0.cpu.shares) = (0, 300)
        },
        Step("processors", "cpuset", ["cpuset.cpus": "0", "cpuset.mems": "0"]) {
            ($0.cpu.cpus, $0.cpu.mems) = ("0", "0")
        },
        Step("processes", "pids", ["pids.max": "77"]) { $0.pids = 77 },
        Step("any number of processes", "pids", ["pids.max": "max"]) { $0.pids = -1 },
        Step("zero leaves it", "pids", ["pids.max": "max"]) { $0.pids = 0 },
        Step("weight of block devices", "blkio", ["blkio.bfq.weight": "200"]) { $0.blockIO.weight = 200 },
    ]

    @Test func `limits are raised, lowered and taken away while a process runs`() throws {
        try withGroup { test in
            let group = try test.make()
            try test.start("exec sleep 1000", in: group)
            for step in Self.steps where test.mounts.legacy[step.controller] != nil {
                // The scheduler that has weights may not be there.
                if step.controller == "blkio", try test.file("blkio", "blkio.bfq.weight") == nil { continue }
                var resources = Resources()
                step.set(&resources)
                do { try group.apply(resources) } catch { Issue.record("\(step.testDescription): \(error)") }
                for (file, value) in step.legacy {
                    #expect(try test.file(step.controller, file) == value, "\(step.testDescription): \(file)")
                }
            }
        }
    }

    @Test func `throttles of a block device are set and taken away`() throws {
        let device = try Shell.run(
            "cat /sys/block/vda/dev /sys/block/sda/dev /sys/block/nvme0n1/dev 2>/dev/null; true"
        )
        guard
            let number = device.split(separator: "\n").first?.split(separator: ":").compactMap({ Int64($0) }),
            number.count == 2, try CgroupMounts.find().legacy["blkio"] != nil
        else { return }
        try withGroup { test in
            var resources = Resources()
            resources.blockIO.readBytes = [.init(major: number[0], minor: number[1], rate: 1 << 20)]
            resources.blockIO.writeOperations = [.init(major: number[0], minor: number[1], rate: 100)]
            let group = try test.make(resources)
            let name = "\(number[0]):\(number[1])"
            #expect(try test.file("blkio", "blkio.throttle.read_bps_device") == "\(name) 1048576")
            #expect(try test.file("blkio", "blkio.throttle.write_iops_device") == "\(name) 100")
            resources.blockIO.readBytes[0].rate = 0
            try group.apply(resources)
            #expect(try test.file("blkio", "blkio.throttle.read_bps_device") == "")
        }
    }

    @Test func `a quota changes below a tight group and above a greedy one`() throws {
        try withGroup { test in
            guard test.mounts.legacy["cpu"] != nil else { return }
            func group(_ path: CgroupPath, _ quota: Int64, _ period: UInt64) throws -> Cgroup {
                var resources = Resources()
                (resources.cpu.quota, resources.cpu.period) = (quota, period)
                return try Cgroup(path, in: test.mounts, resources: resources)
            }
            let middle = try test.parent.appending("m")
            _ = try group(test.parent, 100_000, 100_000)
            _ = try group(middle, 90_000, 100_000)
            _ = try group(middle.appending("below"), 80_000, 100_000)
            for (quota, period) in [
                (900_000, 1_000_000), (9_000, 10_000), (100_000, 100_000), (8_500, 10_000),
            ] {
                _ = try group(middle, Int64(quota), UInt64(period))
            }
        }
    }

    @Test func `huge pages are limited in the version that has them`() throws {
        let mounts = try CgroupMounts.find()
        guard try mounts.controllers().contains("hugetlb") else { return }
        try withGroup { test in
            var resources = Resources()
            resources.hugepages = ["2MB": 4 << 20]
            let group = try test.make(resources)
            let name = mounts.legacy["hugetlb"] == nil ? "max" : "limit_in_bytes"
            #expect(try test.file("hugetlb", "hugetlb.2MB.\(name)") == "4194304")
            #expect(group.statistics()?.hugepages["2MB"] == .init(limit: 4 << 20))
            resources.hugepages = ["3MB": 1]
            let error = #expect(throws: ContainerError.self) { try group.apply(resources) }
            #expect(error?.description.contains("hugetlb.3MB.\(name): remove the limit") == true)
        }
    }

    @Test func `files of version 2 are refused where version 1 has the controllers`() throws {
        guard try CgroupMounts.find().layout != .unified else { return }
        try withGroup { test in
            var resources = Resources()
            resources.unified = ["memory.high": "1"]
            let error = #expect(throws: ContainerError.self) { try test.make(resources) }
            #expect(error?.description.contains("memory.high") == true)
            #expect(error?.description.contains("need version 2") == true)
        }
    }

    @Test func `less memory than is in use is refused with a remedy`() throws {
        try withGroup { test in
            guard test.mounts.legacy["memory"] != nil else { return }
            let group = try test.make()
            let hold = "x=$(head -c 30000000 /dev/zero | tr '\\0' x); echo $x >/dev/null; sleep 1000"
            try test.start(hold, in: group)
            try eventually("it holds memory") { group.statistics()?.memory?.main.usage ?? 0 > 30_000_000 }
            usleep(200_000)
            var resources = Resources()
            resources.memoryLimits.limit = 1 << 20
            resources.memoryLimits.swap = 1 << 20
            let error = #expect(throws: ContainerError.self) { try group.apply(resources) }
            #expect(
                error?.description.contains("below what is in use") == true,
                "\(error?.description ?? "")"
            )
        }
    }

    // MARK: What is counted

    @Test func `what a group uses is counted`() throws {
        try withGroup { test in
            var resources = Resources(memory: 256 << 20, processors: 0.2, processes: 50)
            resources.period = 10_000
            let group = try test.make(resources)
            try test.start("while :; do :; done", in: group)
            try test.start("sleep 1000 & exec sleep 1000", in: group)
            try eventually("it was throttled") { group.statistics()?.processor?.throttledPeriods ?? 0 > 5 }
            try eventually("both have begun") { group.statistics()?.pids?.usage == 3 }
            try eventually("memory is counted") { group.statistics()?.memory?.main.usage ?? 0 > 0 }
            let statistics = try #require(group.statistics())
            let processor = try #require(statistics.processor)
            #expect(processor.total > 1_000_000 && processor.periods >= processor.throttledPeriods)
            #expect(processor.throttledTime > 0 && processor.user > 0)
            #expect(statistics.memory?.main.limit == 256 << 20)
            #expect(statistics.memory?.main.usage ?? 0 > 0 && statistics.memory?.main.peak ?? 0 > 0)
            #expect(statistics.memory?.detail["pgfault"] != nil)  // counted in batches: it may be 0 yet
            #expect(statistics.pids?.usage == 3 && statistics.pids?.limit == 50)
            if test.mounts.unified != nil, access("/proc/pressure/cpu", F_OK) == 0 {
                #expect(statistics.pressure["cpu"]?.some.total ?? 0 > 0)
            }
            try group.kill()
            try eventually("it is empty") { try group.processes().isEmpty }
            try group.remove()
            #expect(group.statistics() == nil)
        }
    }

    @Test func `a refused fork is counted as a failure of the limit`() throws {
        try withGroup { test in
            var resources = Resources()
            resources.pids = 3
            let group = try test.make(resources)
            try test.start("exec sleep 1000", in: group)
            _ = try? test.run("for i in 1 2 3 4 5; do sleep 1 & done", in: group)
            try eventually("a fork was refused") { group.statistics()?.pids?.failures ?? 0 > 0 }
        }
    }

    // MARK: What is told

    @Test func `a kill for want of memory is told`() throws {
        try withGroup { test in
            var resources = Resources(memory: 16 << 20)
            resources.memoryLimits.swap = 16 << 20
            let group = try test.make(resources)
            try test.start("exec sleep 1000", in: group)
            let watch = try CgroupWatch(group)
            #expect(try watch.next(within: .milliseconds(20)) == nil)
            for kills in UInt64(1)...2 {
                _ = try? test.run("exec tail /dev/zero", in: group)
                #expect(try watch.next(within: .seconds(60)) == .outOfMemory(kills: kills))
                #expect(try group.outOfMemoryKills() == kills)
            }
            #expect(group.statistics()?.memory?.outOfMemoryKills == 2)
            #expect(try watch.next(within: .milliseconds(300)) == nil)
        }
    }

    @Test func `memory above a threshold is told once`() throws {
        try withGroup { test in
            let group = try test.make(Resources(memory: 256 << 20))
            try test.start("exec sleep 1000", in: group)
            let watch = try CgroupWatch(group, memoryThreshold: 20 << 20)
            #expect(try watch.next(within: .milliseconds(300)) == nil)
            try test.start(
                "x=$(head -c 30000000 /dev/zero | tr '\\0' x); echo $x >/dev/null; sleep 1000",
                in: group
            )
            guard case .memoryAbove(let usage) = try watch.next(within: .seconds(60)) else {
                Issue.record("nothing was told")
                return
            }
            #expect(usage > 20 << 20)
            #expect(try watch.next(within: .milliseconds(600)) == nil)
        }
    }
}
