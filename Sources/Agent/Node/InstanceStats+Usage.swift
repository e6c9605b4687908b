// SPDX-License-Identifier: Apache-2.0
internal import Containers
internal import Control
internal import Glibc

extension InstanceStats {
    init(_ record: InstanceRecord, _ usage: CgroupTree.Usage) {
        var now = timespec()
        clock_gettime(CLOCK_MONOTONIC, &now)
        self.init(
            app: record.app,
            service: record.service,
            instance: record.index,
            id: record.id,
            time: UInt64(now.tv_sec) * 1_000_000_000 + UInt64(now.tv_nsec)
        )
        cpuTime = usage.cpuTime
        cpuLimit = usage.cpuLimit
        throttledPeriods = usage.throttledPeriods
        throttledTime = usage.throttledTime
        memory = usage.memory
        memoryLimit = usage.memoryLimit
        memoryPeak = usage.memoryPeak
        memoryFailures = usage.memoryFailures
        outOfMemoryKills = usage.outOfMemoryKills
        pids = usage.pids
        pidsLimit = usage.pidsLimit
        pidsPeak = usage.pidsPeak
        pidsFailures = usage.pidsFailures
        blockRead = usage.blockRead
        blockWrite = usage.blockWrite
        blockReads = usage.blockReads
        blockWrites = usage.blockWrites
    }
}
