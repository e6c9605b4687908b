// SPDX-License-Identifier: Apache-2.0
internal import Glibc
internal import TestKit
internal import Testing

/// `martlet-runtime` below engines that others wrote, and under others' validation programs, beside runc in the same run.
@Suite(.serialized, .enabled(if: geteuid() == 0, "needs root"))
struct EngineTests {
    @Test(arguments: ["podman", "containerd", "docker"])
    func `an engine can do with martlet-runtime what it can do with runc`(engine: String) throws {
        let martlet = try #require(RuntimeProgram.martlet)
        let reports = try EngineReport.reports(of: engine, on: [RuntimeProgram.runc, martlet])
        let (measure, report) = (reports[0], reports[1])

        // What fails with runc says nothing of a runtime, unless it is known why.
        for (check, reason) in measure.failed.sorted(by: { $0.key < $1.key }) {
            #expect(reason.contains("# known: "), "\(check) with runc: \(reason)")
        }
        for (check, reason) in report.failed.sorted(by: { $0.key < $1.key })
        where measure.failed[check] == nil {
            Issue.record("\(check): \(reason)")
        }
        #expect(report.checks == measure.checks)
        #expect(report.passed.count > 50)
    }

    @Test(.enabled(if: ValidationReport.programs != nil, "see validation/build"))
    func `as many of the validation programs' checks pass as with runc, and each that fails is explained`()
        throws
    {
        let programs = try #require(ValidationReport.programs)
        let martlet = try #require(RuntimeProgram.martlet)
        let reports = try ValidationReport.reports(of: programs, on: [RuntimeProgram.runc, martlet])
        let (measure, report) = (reports[0], reports[1])
        #expect(report.total >= measure.total)

        let failing = Set(report.failed.filter { $0.value > 0 }.keys)
        let explained = ValidationReport.explained(in: try Shell.run("cat docs/conformance.md"))
        #expect(failing.subtracting(explained).sorted() == [], "not explained")
        #expect(explained.subtracting(failing).sorted() == [], "explained, but nothing fails")
    }
}
