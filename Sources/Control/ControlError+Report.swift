// SPDX-License-Identifier: Apache-2.0
public import Desired

extension ControlError {
    /// The problems of a desired state that was read from `file`.
    public init(_ report: Report, of file: String) {
        let count = report.problems.count
        self.init(
            .invalid,
            file,
            count == 1 ? "1 problem" : "\(count) problems",
            problems: report.problems.map { problem in
                Problem(
                    file: problem.file,
                    line: problem.line,
                    column: problem.column,
                    path: problem.path,
                    what: problem.what,
                    remedy: problem.remedy
                )
            }
        )
    }
}
