// SPDX-License-Identifier: Apache-2.0
internal import Glibc

extension Cgroup {
    /// The processes in it and in all groups below it, by their pids as this process sees them.
    public func processes() throws -> [Int32] { try folders.processes() }

    /// Kills every process in it.
    public func kill() throws { try folders.kill(SIGKILL) }

    /// Sends a signal to every process in it; `SIGKILL` leaves nobody, however fast they fork.
    public func kill(_ signal: Int32) throws { try folders.kill(signal) }

    /// Stops every process in it and returns when they stand.
    ///
    /// Throws `ETIMEDOUT` when one cannot be stopped; then all run on.
    public func freeze() throws { try folders.freeze() }

    /// Lets its processes run on.
    public func thaw() throws { try folders.thaw() }

    /// Whether it was told to freeze.
    public func isFrozen() throws -> Bool { try folders.isFrozen() }

    /// Whether the kernel ended a process of it for want of memory.
    public func outOfMemoryKills() throws -> UInt64 { folders.outOfMemoryKills }

    /// The processors that it was given; nil if none were named.
    public var processors: ProcessorSet? {
        folders.folder("cpuset").flatMap { CgroupFolders.word("\($0)/cpuset.cpus") }.flatMap {
            ProcessorSet($0)
        }
    }

    /// Everything that is counted of it; nil if it is no more.
    public func statistics() -> CgroupStatistics? { folders.statistics() }
}
