// SPDX-License-Identifier: Apache-2.0
internal import Glibc
internal import TestKit

/// What the validation programs found in one runtime: the numbers that `validation/run` prints.
struct ValidationReport {
    /// How many checks passed, by program, without the total.
    private(set) var passed: [String: Int] = [:]
    /// How many checks failed, by program, without the total.
    private(set) var failed: [String: Int] = [:]

    /// Checks that passed in all programs.
    var total: Int { passed.values.reduce(0, +) }

    /// Where `make validation` put the programs; nil if they are not there.
    static let programs: String? = getenv("MARTLET_VALIDATION").map { String(cString: $0) }
        .flatMap { access("\($0)/runtimetest", X_OK) == 0 ? $0 : nil }

    /// A report on each of the runtimes, in their order.
    static func reports(of programs: String, on runtimes: [String]) throws -> [Self] {
        let words = runtimes.joined(separator: " ")
        let output = try Shell.run("FOLDER=\(programs) Tests/EngineTests/validation/run \(words)")
        let reports = read(output)
        guard reports.count == runtimes.count else { throw Shell.Failure(description: output) }
        return reports
    }

    /// `PROGRAM PASSED FAILED SKIPPED` a line; each runtime's end with a line that names the runtime.
    static func read(_ output: String) -> [Self] {
        var reports: [Self] = []
        var report = Self()
        for line in output.split(separator: "\n") {
            if line.hasPrefix("# run with ") {
                reports.append(report)
                report = Self()
                continue
            }
            let words = line.split(separator: " ")
            guard words.count == 4, words[0] != "total", let passed = Int(words[1]),
                let failed = Int(words[2])
            else { continue }
            report.passed[String(words[0])] = passed
            report.failed[String(words[0])] = failed
        }
        return reports
    }

    /// The programs that `docs/conformance.md` explains: the first cells, as code, of its tables' rows.
    static func explained(in document: String) -> Set<String> {
        Set(
            document.split(separator: "\n").compactMap { line in
                guard line.hasPrefix("| `"), let end = line.dropFirst(3).firstIndex(of: "`") else {
                    return nil
                }
                return String(line.dropFirst(3)[..<end])
            }
        )
    }
}
