// SPDX-License-Identifier: Apache-2.0
internal import Glibc
internal import Linux

extension CgroupTree {
    /// What a container uses.
    public struct Usage: Sendable, Equatable {
        /// Processor time, nanoseconds.
        public var cpuTime: UInt64 = 0
        /// Memory without inactive file pages, bytes.
        public var memory: UInt64 = 0
        /// The memory limit, bytes; nil if there is none.
        public var memoryLimit: UInt64?
        /// Processes and threads.
        public var pids: UInt64 = 0
        /// The limit of those; nil if there is none.
        public var pidsLimit: UInt64?
        /// Bytes read from block devices; nil where the kernel does not count them.
        public var blockRead: UInt64?
        /// Bytes written to block devices; nil where the kernel does not count them.
        public var blockWrite: UInt64?
    }

    /// Reads what a container uses; nil if it has no control group any more.
    ///
    /// Files: the kernel's cgroup-v2.rst, and cgroup-v1/{cpuacct,memory,pids,blkio-controller}.rst.
    public func usage(of id: String) throws -> Usage? {
        try ContainerSpec.check(id: id)
        guard folders.contains(where: { access("\($0)/\(id)", F_OK) == 0 }) else { return nil }
        var usage = Usage()
        if let folder = file("cpuacct", id) {
            usage.cpuTime = number("\(folder)/cpuacct.usage") ?? 0
        } else if let unified = file(id) {
            usage.cpuTime = (fields("\(unified)/cpu.stat")["usage_usec"] ?? 0) * 1_000
        }
        if let folder = file("memory", id) {
            let inactive = fields("\(folder)/memory.stat")["total_inactive_file"] ?? 0
            usage.memory = less(number("\(folder)/memory.usage_in_bytes"), inactive)
            // Without a limit the file holds the largest number of pages.
            usage.memoryLimit = number("\(folder)/memory.limit_in_bytes").flatMap { $0 < 1 << 62 ? $0 : nil }
        } else if let unified = file(id) {
            let inactive = fields("\(unified)/memory.stat")["inactive_file"] ?? 0
            usage.memory = less(number("\(unified)/memory.current"), inactive)
            usage.memoryLimit = number("\(unified)/memory.max")  // the word `max` is no number
        }
        if let folder = file("pids", id) ?? file(id) {
            usage.pids = number("\(folder)/pids.current") ?? 0
            usage.pidsLimit = number("\(folder)/pids.max")
        }
        if let folder = file("blkio", id) {
            for line in lines("\(folder)/blkio.throttle.io_service_bytes") where line.count == 3 {
                if line[1] == "Read" { usage.blockRead = (usage.blockRead ?? 0) + (UInt64(line[2]) ?? 0) }
                if line[1] == "Write" { usage.blockWrite = (usage.blockWrite ?? 0) + (UInt64(line[2]) ?? 0) }
            }
        } else if let unified = file(id) {
            for pair in lines("\(unified)/io.stat").flatMap({ $0.dropFirst() }) {
                let parts = pair.split(separator: "=")
                guard parts.count == 2, let bytes = UInt64(parts[1]) else { continue }
                if parts[0] == "rbytes" { usage.blockRead = (usage.blockRead ?? 0) + bytes }
                if parts[0] == "wbytes" { usage.blockWrite = (usage.blockWrite ?? 0) + bytes }
            }
        }
        return usage
    }

    private func file(_ controller: String, _ id: String) -> String? {
        legacy[controller].map { "\($0)/\(id)" }
    }

    private func file(_ id: String) -> String? { unified.map { "\($0)/\(id)" } }

    private func less(_ whole: UInt64?, _ part: UInt64) -> UInt64 {
        let whole = whole ?? 0
        return whole > part ? whole - part : 0
    }

    /// A file that is not there, or goes away meanwhile, has no lines: the container has ended.
    private func lines(_ path: String) -> [[Substring]] {
        guard let bytes = try? Descriptor.open(path, O_RDONLY).readAll(limit: 1 << 20) else { return [] }
        return String(decoding: bytes, as: UTF8.self).split(separator: "\n").map { $0.split(separator: " ") }
    }

    private func number(_ path: String) -> UInt64? { lines(path).first?.first.flatMap { UInt64($0) } }

    private func fields(_ path: String) -> [Substring: UInt64] {
        var fields: [Substring: UInt64] = [:]
        for line in lines(path) where line.count == 2 { fields[line[0]] = UInt64(line[1]) }
        return fields
    }
}
