internal import TestKit
internal import Testing

// SPDX-License-Identifier: Apache-2.0
@testable internal import Containers

/// What is written for which limits, in both versions.
@Suite struct ChangePlanTests {
    private static func plan(
        _ version: Int,
        current: [String: String] = [:],
        _ set: (inout Resources) -> Void
    ) -> ChangePlan {
        var resources = Resources()
        set(&resources)
        return ChangePlan(
            resources: resources,
            group: "/x",
            isLegacy: { _ in version == 1 },
            read: { _, file in current[file] }
        )
    }

    struct Row: Sendable, CustomTestStringConvertible {
        let testDescription: String
        let version: Int
        let current: [String: String]
        let set: @Sendable (inout Resources) -> Void
        let written: [String]

        init(
            _ name: String,
            _ version: Int,
            _ current: [String: String],
            _ written: [String],
            _ set: @escaping @Sendable (inout Resources) -> Void
        ) {
            testDescription = "\(name), version \(version)"
            self.version = version
            self.current = current
            self.written = written
            self.set = set
        }

        init(
            _ name: String,
            _ version: Int,
            _ written: [String],
            _ set: @escaping @Sendable (inout Resources) -> Void
        ) {
            self.init(name, version, [:], written, set)
        }
    }

    static let rows: [Row] = [
        Row("nothing", 1, []) { _ in },
        Row("zeros", 1, []) {
            ($0.pids, $0.memoryLimits.limit, $0.memoryLimits.swap, $0.cpu.shares) = (0, 0, 0, 0)
            ($0.cpu.quota, $0.cpu.period, $0.blockIO.weight, $0.network.classID) = (0, 0, 0, 0)
            ($0.cpu.cpus, $0.cpu.mems, $0.cpu.realtimePeriod) = ("", "", 0)
        },
        Row("zeros", 2, []) {
            ($0.pids, $0.memoryLimits.limit, $0.memoryLimits.swap, $0.cpu.shares) = (0, 0, 0, 0)
            ($0.cpu.quota, $0.cpu.period, $0.blockIO.weight, $0.cpu.realtimeRuntime) = (0, 0, 0, 0)
        },
        Row("processes", 1, ["pids.max 32"]) { $0.pids = 32 },
        Row("processes", 2, ["pids.max max"]) { $0.pids = -1 },

        Row("memory", 1, ["memory.limit_in_bytes 100", "memory.soft_limit_in_bytes 50"]) {
            ($0.memoryLimits.limit, $0.memoryLimits.reservation) = (100, 50)
        },
        Row("memory", 2, ["memory.max 100", "memory.low 50"]) {
            ($0.memoryLimits.limit, $0.memoryLimits.reservation) = (100, 50)
        },
        Row(
            "memory and swap raised",
            1,
            ["memory.memsw.limit_in_bytes": "90"],
            ["memory.memsw.limit_in_bytes 200", "memory.limit_in_bytes 100"]
        ) { ($0.memoryLimits.limit, $0.memoryLimits.swap) = (100, 200) },
        Row(
            "memory and swap lowered",
            1,
            ["memory.memsw.limit_in_bytes": "400"],
            ["memory.limit_in_bytes 100", "memory.memsw.limit_in_bytes 200"]
        ) { ($0.memoryLimits.limit, $0.memoryLimits.swap) = (100, 200) },
        Row(
            "memory without a limit takes that of both along",
            1,
            ["memory.memsw.limit_in_bytes": "400"],
            ["memory.memsw.limit_in_bytes -1", "memory.limit_in_bytes -1"]
        ) { $0.memoryLimits.limit = -1 },
        Row("memory without a limit and no swap accounting", 1, ["memory.limit_in_bytes -1"]) {
            $0.memoryLimits.limit = -1
        },
        Row("swap alone is counted", 2, ["memory.swap.max 50", "memory.max 100"]) {
            ($0.memoryLimits.limit, $0.memoryLimits.swap) = (100, 150)
        },
        Row("swap beside the memory limit in force", 2, ["memory.max": "100\n"], ["memory.swap.max 50"]) {
            $0.memoryLimits.swap = 150
        },
        Row("no limit", 2, ["memory.swap.max max", "memory.max max"]) { $0.memoryLimits.limit = -1 },
        Row("no limit of swap", 2, ["memory.swap.max max", "memory.max 100"]) {
            ($0.memoryLimits.limit, $0.memoryLimits.swap) = (100, -1)
        },
        Row(
            "version 1's own memory settings",
            1,
            ["memory.oom_control": "oom_kill_disable 0\nunder_oom 0\n", "memory.use_hierarchy": "0\n"],
            [
                "memory.kmem.tcp.limit_in_bytes 7", "memory.swappiness 0", "memory.oom_control 1",
                "memory.use_hierarchy 1",
            ]
        ) {
            ($0.memoryLimits.kernelTCP, $0.memoryLimits.swappiness) = (7, 0)
            ($0.memoryLimits.disableOOMKiller, $0.memoryLimits.useHierarchy) = (true, true)
        },
        Row("settings that say what holds anyway", 2, []) {
            ($0.memoryLimits.swappiness, $0.memoryLimits.disableOOMKiller) = (.max, false)
            $0.memoryLimits.kernelTCP = -1
        },

        Row(
            "quota and a longer period",
            1,
            ["cpu.cfs_period_us": "100000"],
            [
                "cpu.cfs_period_us 200000", "cpu.cfs_quota_us 100000",
            ]
        ) { ($0.cpu.quota, $0.cpu.period) = (100_000, 200_000) },
        Row(
            "quota and a shorter period",
            1,
            ["cpu.cfs_period_us": "100000"],
            [
                "cpu.cfs_quota_us 5000", "cpu.cfs_period_us 10000",
            ]
        ) { ($0.cpu.quota, $0.cpu.period) = (5_000, 10_000) },
        Row(
            "whole processors",
            1,
            ["cpu.cfs_period_us": "100000"],
            [
                "cpu.cfs_period_us 100000", "cpu.cfs_quota_us 150000",
            ]
        ) { $0.processors = 1.5 },
        Row("whole processors", 2, ["cpu.max 150000 100000"]) { $0.processors = 1.5 },
        Row("no quota", 1, ["cpu.cfs_quota_us -1"]) { $0.cpu.quota = -1 },
        Row("no quota", 2, ["cpu.max max"]) { $0.cpu.quota = -1 },
        Row("a period alone keeps the quota", 2, ["cpu.max": "5000 100000"], ["cpu.max 5000 50000"]) {
            $0.cpu.period = 50_000
        },
        Row(
            "a smaller burst goes first",
            1,
            ["cpu.cfs_burst_us": "9000"],
            [
                "cpu.cfs_burst_us 1000", "cpu.cfs_quota_us 5000",
            ]
        ) { ($0.cpu.quota, $0.cpu.burst) = (5_000, 1_000) },
        Row("a larger burst goes last", 2, ["cpu.max.burst": "0"], ["cpu.max 5000", "cpu.max.burst 4000"]) {
            ($0.cpu.quota, $0.cpu.burst) = (5_000, 4_000)
        },
        Row(
            "realtime",
            1,
            ["cpu.rt_period_us": "1000000"],
            ["cpu.rt_runtime_us 400", "cpu.rt_period_us 500"]
        ) {
            ($0.cpu.realtimeRuntime, $0.cpu.realtimePeriod) = (400, 500)
        },
        Row("an idle group has no weight", 1, ["cpu.idle 1"]) { ($0.cpu.idle, $0.cpu.shares) = (1, 512) },
        Row("a group that is idle no more has one", 2, ["cpu.idle 0", "cpu.weight 20"]) {
            ($0.cpu.idle, $0.cpu.shares) = (0, 512)
        },
        Row("a service's weight", 1, ["cpu.shares 1024"]) { $0.processorWeight = 100 },
        Row("a service's weight", 2, ["cpu.weight 100"]) { $0.processorWeight = 100 },
        Row("processors and nodes", 2, ["cpuset.cpus 0-3,6", "cpuset.mems 0"]) {
            ($0.cpu.cpus, $0.cpu.mems) = ("0-3,6", "0")
        },

        Row(
            "block devices of old kernels",
            1,
            ["blkio.weight": "500"],
            [
                "blkio.weight 100", "blkio.leaf_weight 20", "blkio.weight_device 8:0 200",
                "blkio.leaf_weight_device 8:0 30",
            ]
        ) {
            ($0.blockIO.weight, $0.blockIO.leafWeight) = (100, 20)
            $0.blockIO.deviceWeights = [.init(major: 8, minor: 0, weight: 200, leafWeight: 30)]
        },
        Row(
            "block devices",
            1,
            [
                "blkio.bfq.weight 100", "blkio.bfq.weight_device 8:0 200",
                "blkio.throttle.read_bps_device 8:0 1000", "blkio.throttle.write_bps_device 8:0 0",
                "blkio.throttle.read_iops_device 8:16 7", "blkio.throttle.write_iops_device 8:16 8",
            ]
        ) { blocks(&$0) },
        Row(
            "block devices",
            2,
            [
                "io.weight 910", "io.weight 8:0 1920", "io.max 8:0 rbps=1000", "io.max 8:0 wbps=max",
                "io.max 8:16 riops=7", "io.max 8:16 wiops=8",
            ]
        ) { blocks(&$0) },
        Row(
            "block devices with BFQ",
            2,
            ["io.bfq.weight": "default 100"],
            [
                "io.bfq.weight 100", "io.bfq.weight 8:0 200", "io.max 8:0 rbps=1000", "io.max 8:0 wbps=max",
                "io.max 8:16 riops=7", "io.max 8:16 wiops=8",
            ]
        ) { blocks(&$0) },

        Row(
            "huge pages",
            1,
            [
                "hugetlb.1GB.limit_in_bytes 0", "hugetlb.1GB.rsvd.limit_in_bytes 0",
                "hugetlb.2MB.limit_in_bytes 4194304", "hugetlb.2MB.rsvd.limit_in_bytes 4194304",
            ]
        ) { $0.hugepages = ["2MB": 4_194_304, "1GB": 0] },
        Row("huge pages", 2, ["hugetlb.64KB.max 65536", "hugetlb.64KB.rsvd.max 65536"]) {
            $0.hugepages = ["64KB": 65_536]
        },
        Row(
            "network",
            1,
            ["net_cls.classid 1048577", "net_prio.ifpriomap eth0 5", "net_prio.ifpriomap lo 1"]
        ) {
            $0.network.classID = 0x100001
            $0.network.priorities = ["lo": 1, "eth0": 5]
        },
        Row(
            "remote memory",
            2,
            ["rdma.max mlx4_0 hca_handle=2 hca_object=2000", "rdma.max mlx5_1 hca_handle=3"]
        ) {
            $0.rdma = ["mlx4_0": .init(handles: 2, objects: 2000), "mlx5_1": .init(handles: 3), "x": .init()]
        },
        Row("files of version 2", 2, ["io.max 8:0 rbps=5", "io.max 8:16 rbps=6", "memory.high 7"]) {
            $0.unified = ["memory.high": "7", "io.max": "8:0 rbps=5\n8:16 rbps=6\n"]
        },
    ]

    private static func blocks(_ resources: inout Resources) {
        resources.blockIO.weight = 100
        resources.blockIO.deviceWeights = [.init(major: 8, minor: 0, weight: 200)]
        resources.blockIO.readBytes = [.init(major: 8, minor: 0, rate: 1000)]
        resources.blockIO.writeBytes = [.init(major: 8, minor: 0, rate: 0)]
        resources.blockIO.readOperations = [.init(major: 8, minor: 16, rate: 7)]
        resources.blockIO.writeOperations = [.init(major: 8, minor: 16, rate: 8)]
    }

    @Test(arguments: rows) func `limits become values of files in an order`(row: Row) throws {
        let changes = try Self.plan(row.version, current: row.current, row.set).changes()
        #expect(changes.map { "\($0.file) \($0.value)" } == row.written)
    }

    struct Refused: Sendable, CustomTestStringConvertible {
        let testDescription: String
        let version: Int
        let current: [String: String]
        let set: @Sendable (inout Resources) -> Void

        init(
            _ text: String,
            _ version: Int,
            _ current: [String: String] = [:],
            _ set: @escaping @Sendable (inout Resources) -> Void
        ) {
            testDescription = text
            self.version = version
            self.current = current
            self.set = set
        }
    }

    static let refused: [Refused] = [
        Refused("use a number above 0, or -1", 1) { $0.pids = -5 },
        Refused("are less than the memory limit", 1) {
            ($0.memoryLimits.limit, $0.memoryLimits.swap) = (100, 50)
        },
        Refused("are less than the memory limit", 2) {
            ($0.memoryLimits.limit, $0.memoryLimits.swap) = (-1, 50)
        },
        Refused("are less than the memory limit 90", 2, ["memory.max": "90"]) { $0.memoryLimits.swap = 50 },
        Refused("needs one of memory: set both", 2, ["memory.max": "max"]) { $0.memoryLimits.swap = 50 },
        Refused("raise both at once", 1, ["memory.memsw.limit_in_bytes": "90"]) {
            $0.memoryLimits.limit = 100
        },
        Refused("not above the 500 bytes in use", 2, ["memory.current": "500"]) {
            ($0.memoryLimits.limit, $0.memoryLimits.checkBeforeUpdate) = (400, true)
        },
        Refused("swappiness: only version 1", 2) { $0.memoryLimits.swappiness = 10 },
        Refused("disabled OOM killer: only version 1", 2) { $0.memoryLimits.disableOOMKiller = true },
        Refused("limit of TCP buffers: only version 1", 2) { $0.memoryLimits.kernelTCP = 10 },
        Refused("realtime limits: only version 1", 2) { $0.cpu.realtimeRuntime = 10 },
        Refused("leaf weight: only version 1", 2) { $0.blockIO.leafWeight = 10 },
        Refused("net_cls.classid: no version 1 net_cls", 2) { $0.network.classID = 1 },
        Refused("net_prio.ifpriomap: no version 1 net_prio", 2) { $0.network.priorities = ["lo": 1] },
        Refused("network interface", 1) { $0.network.priorities = ["l o": 1] },
        Refused("huge pages of", 1) { $0.hugepages = ["2M/../x": 1] },
        Refused("huge pages of", 2) { $0.hugepages = ["MB": 1] },
        Refused("RDMA device", 2) { $0.rdma = ["a b": .init(handles: 1)] },
    ]

    @Test(arguments: refused) func `a limit that cannot hold is refused with a remedy`(row: Refused) {
        let error = #expect(throws: ContainerError.self) {
            try Self.plan(row.version, current: row.current, row.set).changes()
        }
        #expect(error?.description.contains(row.testDescription) == true, "\(error?.description ?? "")")
    }

    @Test(arguments: [
        "", "memory", "memory.", ".max", "../memory.max", "a/b.c", "memory.high\u{0}", "cgroup.procs",
        "cgroup.kill", "cgroup.threads", "..", "cgroup.freeze",
    ])
    func `a file of version 2 is a plain name of a limit`(name: String) {
        #expect(throws: ContainerError.self) { try Self.plan(2) { $0.unified = [name: "1"] }.changes() }
    }

    @Test func `shares become a weight as other runtimes have it`() {
        let weights: [UInt64: UInt64] = [2: 1, 1_024: 39, 262_144: 10_000, 0: 1, .max: 10_000, 512: 20]
        for (shares, weight) in weights { #expect(ChangePlan.weight(shares: shares) == weight) }
    }

    @Test func `block weights become io weights as other runtimes have it`() {
        let weights: [UInt16: UInt64] = [10: 1, 1_000: 10_000, 500: 4_950, 0: 1, .max: 10_000]
        for (block, weight) in weights { #expect(ChangePlan.ioWeight(blockIO: block) == weight) }
    }
}
