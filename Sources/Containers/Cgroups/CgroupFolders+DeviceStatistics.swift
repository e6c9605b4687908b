// SPDX-License-Identifier: Apache-2.0
internal import Glibc
internal import Linux

/// Files: the kernel's cgroup-v2.rst, and cgroup-v1/{blkio-controller,hugetlb,rdma}.rst.
extension CgroupFolders {
    // MARK: Block devices

    var blockStatistics: [CgroupStatistics.Block]? {
        if let folder = legacy("blkio") { return legacyBlocks(folder) }
        guard let unified, access("\(unified)/io.stat", F_OK) == 0 else { return nil }
        return unifiedBlocks(Self.lines("\(unified)/io.stat"))
    }

    private func legacyBlocks(_ folder: String) -> [CgroupStatistics.Block]? {
        // Whichever of the two layers serves the device has counted.
        for layer in ["bfq", "throttle"] {
            let bytes = Self.lines("\(folder)/blkio.\(layer).io_service_bytes_recursive")
            let operations = Self.lines("\(folder)/blkio.\(layer).io_serviced_recursive")
            var blocks: [CgroupStatistics.Block] = []
            for (lines, isBytes) in [(bytes, true), (operations, false)] {
                for line in lines where line.count == 3 {
                    guard let value = UInt64(line[2]), let block = Self.index(of: line[0], in: &blocks) else {
                        continue
                    }
                    switch (line[1], isBytes) {
                    case ("Read", true): blocks[block].readBytes = value
                    case ("Read", false): blocks[block].reads = value
                    case ("Write", true): blocks[block].writtenBytes = value
                    case ("Write", false): blocks[block].writes = value
                    case ("Discard", true): blocks[block].discardedBytes = value
                    case ("Discard", false): blocks[block].discards = value
                    default: break
                    }
                }
            }
            if !blocks.isEmpty { return blocks }
        }
        return access("\(folder)/blkio.throttle.io_service_bytes", F_OK) == 0 ? [] : nil
    }

    private func unifiedBlocks(_ lines: [[Substring]]) -> [CgroupStatistics.Block] {
        var blocks: [CgroupStatistics.Block] = []
        for line in lines {
            guard let number = line.first, let block = Self.index(of: number, in: &blocks) else { continue }
            for pair in line.dropFirst() {
                let parts = pair.split(separator: "=")
                guard parts.count == 2, let value = UInt64(parts[1]) else { continue }
                switch parts[0] {
                case "rbytes": blocks[block].readBytes = value
                case "wbytes": blocks[block].writtenBytes = value
                case "dbytes": blocks[block].discardedBytes = value
                case "rios": blocks[block].reads = value
                case "wios": blocks[block].writes = value
                case "dios": blocks[block].discards = value
                default: break
                }
            }
        }
        return blocks
    }

    /// The place of the device `MAJOR:MINOR`, which is added where it is missing.
    private static func index(of number: Substring, in blocks: inout [CgroupStatistics.Block]) -> Int? {
        let parts = number.split(separator: ":")
        guard parts.count == 2, let major = UInt32(parts[0]), let minor = UInt32(parts[1]) else { return nil }
        if let known = blocks.firstIndex(where: { $0.major == major && $0.minor == minor }) { return known }
        blocks.append(CgroupStatistics.Block(major: major, minor: minor))
        return blocks.count - 1
    }

    // MARK: Huge pages

    var hugepageStatistics: [String: CgroupStatistics.Gauge] {
        guard let folder = folder("hugetlb"),
            let group = try? Descriptor.open(folder, O_RDONLY | O_DIRECTORY),
            let names = try? group.entries()
        else { return [:] }
        let isLegacy = legacy("hugetlb") != nil
        let suffix = isLegacy ? ".usage_in_bytes" : ".current"
        var gauges: [String: CgroupStatistics.Gauge] = [:]
        for name in names.map(\.description) where name.hasPrefix("hugetlb.") && name.hasSuffix(suffix) {
            let size = String(name.dropFirst("hugetlb.".count).dropLast(suffix.count))
            let prefix = "\(folder)/hugetlb.\(size)"
            guard !size.contains("."), let usage = Self.number("\(folder)/\(name)") else { continue }
            gauges[size] = CgroupStatistics.Gauge(
                usage: usage,
                peak: Self.number("\(prefix).max_usage_in_bytes"),
                limit: Self.limit("\(prefix).\(isLegacy ? "limit_in_bytes" : "max")"),
                failures: isLegacy
                    ? Self.number("\(prefix).failcnt") ?? 0 : Self.fields("\(prefix).events")["max"] ?? 0
            )
        }
        return gauges
    }

    // MARK: Remote memory access

    var rdmaStatistics: [String: CgroupStatistics.RemoteMemory] {
        guard let folder = folder("rdma") else { return [:] }
        var devices: [String: CgroupStatistics.RemoteMemory] = [:]
        for (file, isLimit) in [("rdma.current", false), ("rdma.max", true)] {
            for line in Self.lines("\(folder)/\(file)") {
                guard let name = line.first else { continue }
                for pair in line.dropFirst() {
                    let parts = pair.split(separator: "=")
                    guard parts.count == 2, let value = UInt64(parts[1]) else { continue }
                    let gauge: WritableKeyPath<CgroupStatistics.RemoteMemory, CgroupStatistics.Gauge> =
                        parts[0] == "hca_handle" ? \.handles : \.objects
                    if isLimit {
                        devices[String(name), default: .init()][keyPath: gauge].limit = value
                    } else {
                        devices[String(name), default: .init()][keyPath: gauge].usage = value
                    }
                }
            }
        }
        return devices
    }

    // MARK: Waiting

    var pressureStatistics: [String: CgroupStatistics.Pressure] {
        guard let unified else { return [:] }
        var found: [String: CgroupStatistics.Pressure] = [:]
        for resource in ["cpu", "memory", "io"] {
            let lines = Self.lines("\(unified)/\(resource).pressure")
            if lines.isEmpty { continue }
            var pressure = CgroupStatistics.Pressure()
            for line in lines {
                var read = CgroupStatistics.Pressure.Line()
                for pair in line.dropFirst() {
                    let parts = pair.split(separator: "=")
                    guard parts.count == 2 else { continue }
                    switch parts[0] {
                    case "avg10": read.average10 = Double(parts[1]) ?? 0
                    case "avg60": read.average60 = Double(parts[1]) ?? 0
                    case "avg300": read.average300 = Double(parts[1]) ?? 0
                    case "total": read.total = UInt64(parts[1]) ?? 0
                    default: break
                    }
                }
                if line.first == "some" { pressure.some = read }
                if line.first == "full" { pressure.full = read }
            }
            found[resource] = pressure
        }
        return found
    }
}
