// SPDX-License-Identifier: Apache-2.0

/// A place in the file, both numbers from 1.
struct Position {
    let line: Int
    let column: Int

    static let start = Position(line: 1, column: 1)
}
