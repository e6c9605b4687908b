// SPDX-License-Identifier: Apache-2.0

/// A place in one of the files of a project, line and column from 1.
struct Position: Sendable {
    let line: Int
    let column: Int
    /// Which of the files; see `Findings`.
    var file = 0

    static let start = Position(line: 1, column: 1)
}
