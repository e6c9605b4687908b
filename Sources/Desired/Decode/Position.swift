// SPDX-License-Identifier: Apache-2.0

/// A place in one of the files of a project, line and column from 1.
struct Position: Sendable {
    // Narrow, for every node of every file has one.
    private let storedLine: UInt32
    private let storedColumn: UInt32
    private let storedFile: UInt32

    /// A place; `file` says which of the files, see `Findings`.
    init(line: Int, column: Int, file: Int = 0) {
        storedLine = UInt32(clamping: line)
        storedColumn = UInt32(clamping: column)
        storedFile = UInt32(clamping: file)
    }

    var line: Int { Int(storedLine) }
    var column: Int { Int(storedColumn) }
    var file: Int { Int(storedFile) }

    static let start = Position(line: 1, column: 1)
}
