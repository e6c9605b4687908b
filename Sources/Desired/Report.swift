// SPDX-License-Identifier: Apache-2.0

/// Why a desired state was refused: every problem that was found, in the order of the files.
public struct Report: Error, Sendable, Equatable, CustomStringConvertible {
    /// The problems, never empty, ordered by file, line and column.
    public let problems: [Problem]

    /// A report of these problems; the files come in the order in which they are met.
    public init(_ problems: [Problem]) {
        self.init(problems, files: [])
    }

    /// A report of one problem with a file as a whole.
    init(_ what: String, file: String) {
        self.init([Problem(file: file, line: 1, column: 1, path: "", what: what)])
    }

    /// A report with the files in this order.
    init(_ problems: [Problem], files: [String]) {
        var ranks: [String: Int] = [:]
        for file in files + problems.map(\.file) where ranks[file] == nil { ranks[file] = ranks.count }
        let ranked = problems.enumerated().map { (rank: ranks[$1.file] ?? 0, index: $0, problem: $1) }
        self.problems =
            ranked.sorted {
                ($0.rank, $0.problem.line, $0.problem.column, $0.index)
                    < ($1.rank, $1.problem.line, $1.problem.column, $1.index)
            }
            .map(\.problem)
    }

    /// One line for each problem.
    public var description: String {
        problems.map(\.description).joined(separator: "\n")
    }
}
