internal import Glibc
internal import Linux
internal import TestKit
internal import Testing

// SPDX-License-Identifier: Apache-2.0
@testable internal import Containers

/// Version 1 files that keep the kernel's rules: what breaks one is `EINVAL`, at every single write.
private struct FakeKernel {
    var memory: (limit: Int64, both: Int64)
    var processor: (quota: Int64, period: Int64, burst: Int64)
    /// The share of processors of the group above, and of a group below.
    var above: Double
    var below: Double

    private func share(_ quota: Int64, _ period: Int64) -> Double {
        quota < 0 ? above : Double(quota) / Double(period)
    }

    mutating func write(_ change: CgroupChange) throws(LinuxError) {
        var next = self
        let value = Int64(change.value) ?? 0
        let bytes = value < 0 ? Int64.max : value
        switch change.file {
        case "memory.limit_in_bytes": next.memory.limit = bytes
        case "memory.memsw.limit_in_bytes": next.memory.both = bytes
        case "cpu.cfs_quota_us": next.processor.quota = value
        case "cpu.cfs_period_us": next.processor.period = value
        case "cpu.cfs_burst_us": next.processor.burst = value
        default: break
        }
        let (quota, period, burst) = next.processor
        let share = share(quota, period)
        guard next.memory.limit <= next.memory.both, quota < 0 || burst <= quota, share <= above,
            share >= below
        else { throw LinuxError("write", change.file, errno: EINVAL) }
        self = next
    }

    /// As the group's folder does it.
    mutating func apply(_ changes: [CgroupChange]) throws(LinuxError) {
        for change in changes {
            do throws(LinuxError) { try write(change) } catch {
                guard !change.otherwise.isEmpty else { throw error }
                try apply(change.otherwise)
            }
        }
    }

    func read(_ file: String) -> String? {
        switch file {
        case "memory.limit_in_bytes": "\(memory.limit)"
        case "memory.memsw.limit_in_bytes": "\(memory.both)"
        case "cpu.cfs_quota_us": "\(processor.quota)"
        case "cpu.cfs_period_us": "\(processor.period)"
        case "cpu.cfs_burst_us": "\(processor.burst)"
        default: nil
        }
    }
}

/// From any state that the kernel allows to any other, no write on the way is refused.
@Suite struct WriteOrderTests {
    private func plan(_ resources: Resources, _ kernel: FakeKernel) -> ChangePlan {
        ChangePlan(resources: resources, group: "/x", isLegacy: { _ in true }, read: { kernel.read($1) })
    }

    @Test func `memory and swap are raised and lowered from anywhere to anywhere`() throws {
        var random = SeededGenerator(seed: 7)
        var kernel = FakeKernel(memory: (.max, .max), processor: (-1, 100_000, 0), above: 64, below: 0)
        for _ in 0..<2_000 {
            let limit = Int64.random(in: 1...20, using: &random)
            var resources = Resources()
            resources.memoryLimits.limit = limit == 20 ? -1 : limit
            let both = limit == 20 ? 20 : Int64.random(in: limit...20, using: &random)
            resources.memoryLimits.swap = both == 20 ? -1 : both
            try kernel.apply(plan(resources, kernel).changes())
            #expect(kernel.memory == (limit == 20 ? .max : limit, both == 20 ? .max : both))
        }
    }

    @Test func `quota, period and burst go from anywhere to anywhere`() throws {
        var random = SeededGenerator(seed: 8)
        for round in 0..<200 {
            // A tight group above, a greedy one below, both, or none.
            let above = round % 2 == 0 ? 2.0 : 64, below = round % 4 < 2 ? 0.5 : 0
            var kernel = FakeKernel(
                memory: (.max, .max),
                processor: (-1, 100_000, 0),
                above: above,
                below: below
            )
            for _ in 0..<20 {
                var resources = Resources()
                let period = Int64.random(in: 1...1000, using: &random) * 1000
                let least = max(1000, Int64((below * Double(period)).rounded(.up)))
                let most = max(least, Int64(above * Double(period)))
                let quota =
                    Int.random(in: 0..<8, using: &random) == 0
                    ? -1 : Int64.random(in: least...most, using: &random)
                let burst = quota < 0 ? 0 : Int64.random(in: 0...quota, using: &random)
                (resources.cpu.quota, resources.cpu.period) = (quota, UInt64(period))
                resources.cpu.burst = UInt64(burst)
                guard quota < 0 || Double(quota) / Double(period) <= above else { continue }
                try kernel.apply(plan(resources, kernel).changes())
                #expect(kernel.processor == (quota, period, burst))
            }
        }
    }
}
