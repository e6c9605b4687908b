// SPDX-License-Identifier: Apache-2.0
internal import Glibc
internal import TestKit

/// What one engine made of one runtime: the verdicts that a script of `engines` prints.
struct EngineReport {
    /// The checks that passed.
    private(set) var passed: Set<String> = []
    /// The checks that failed, and why.
    private(set) var failed: [String: String] = [:]

    /// The names of all checks.
    var checks: Set<String> { passed.union(failed.keys) }

    /// A report on each of the runtimes, in their order.
    static func reports(of engine: String, on runtimes: [String]) throws -> [Self] {
        let size = getenv("MARTLET_SOAK") == nil ? 20 : 100
        let words = runtimes.joined(separator: " ")
        // The script fails if a check does: its verdicts are what is looked at here.
        let output = try Shell.run("LOOP=\(size) Tests/EngineTests/engines/\(engine) \(words) || true")
        let reports = read(output, engine: engine)
        guard reports.count == runtimes.count else { throw Shell.Failure(description: output) }
        return reports
    }

    /// Each runtime's verdicts end with a line that names engine and runtime.
    static func read(_ output: String, engine: String) -> [Self] {
        var reports: [Self] = []
        var report = Self()
        for line in output.split(separator: "\n") {
            if line.hasPrefix("# \(engine) with ") {
                reports.append(report)
                report = Self()
            } else if line.hasPrefix("ok ") {
                report.passed.insert(String(line.dropFirst(3)))
            } else if line.hasPrefix("not ok ") {
                let parts = line.dropFirst(7).split(separator: ": ", maxSplits: 1)
                report.failed[String(parts[0])] = String(parts.last ?? "")
            }
        }
        return reports
    }
}
