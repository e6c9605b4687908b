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
            cpuTime: usage.cpuTime,
            memory: usage.memory,
            memoryLimit: usage.memoryLimit,
            pids: usage.pids,
            pidsLimit: usage.pidsLimit,
            blockRead: usage.blockRead,
            blockWrite: usage.blockWrite,
            time: UInt64(now.tv_sec) * 1_000_000_000 + UInt64(now.tv_nsec)
        )
    }
}
