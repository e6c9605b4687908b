// SPDX-License-Identifier: Apache-2.0

/// Why a desired state was refused: every problem that was found, in the order of the file.
public struct Report: Error, Sendable, Equatable, CustomStringConvertible {
    /// The problems, never empty, ordered by line and column.
    public let problems: [Problem]

    /// A report of these problems.
    public init(_ problems: [Problem]) {
        self.problems = problems.sorted { ($0.line, $0.column) < ($1.line, $1.column) }
    }

    /// One line for each problem.
    public var description: String {
        problems.map(\.description).joined(separator: "\n")
    }
}
