// SPDX-License-Identifier: Apache-2.0
internal import Command
internal import Control

/// What containers use, for people.
enum UsageTable {
    static func table(_ readings: [InstanceStats], since earlier: [InstanceStats]) -> Table {
        let before = Dictionary(earlier.map { ($0.id, $0) }) { first, _ in first }
        var table = Table(
            "INSTANCE",
            " CPU",
            " CPUS",
            " THROTTLED",
            " MEMORY",
            " PEAK",
            " LIMIT",
            " USED",
            " HITS",
            " OOM",
            " PIDS",
            " HITS",
            " READ",
            " WRITTEN"
        )
        let sorted = readings.sorted { ($0.app, $0.service, $0.instance) < ($1.app, $1.service, $1.instance) }
        for reading in sorted {
            let used = reading.memoryLimit.map { Double(reading.memory) / Double(max(1, $0)) }
            let pids = "\(reading.pids)" + (reading.pidsLimit.map { "/\($0)" } ?? "")
            table.add(
                "\(reading.app)/\(reading.service)/\(reading.instance)",
                "\(before[reading.id].flatMap { load(of: reading, since: $0) }.map(Spelling.percent) ?? "-")",
                "\(reading.cpuLimit.map { Spelling.decimal($0, places: 2) } ?? "-")",
                "\(reading.throttledPeriods)",
                "\(Spelling.size(reading.memory))",
                "\(reading.memoryPeak.map(Spelling.size) ?? "-")",
                "\(reading.memoryLimit.map(Spelling.size) ?? "-")",
                "\(used.map(Spelling.percent) ?? "-")",
                "\(reading.memoryFailures)",
                "\(reading.outOfMemoryKills)",
                "\(pids)",
                "\(reading.pidsFailures)",
                "\(reading.blockRead.map(Spelling.size) ?? "-")",
                "\(reading.blockWrite.map(Spelling.size) ?? "-")"
            )
        }
        return table
    }

    /// How many processors were busy between two readings; nil if they do not follow each other.
    static func load(of reading: InstanceStats, since earlier: InstanceStats) -> Double? {
        guard reading.time > earlier.time, reading.cpuTime >= earlier.cpuTime else { return nil }
        return Double(reading.cpuTime - earlier.cpuTime) / Double(reading.time - earlier.time)
    }
}
