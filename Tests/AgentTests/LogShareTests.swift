// SPDX-License-Identifier: Apache-2.0
internal import Testing

@testable internal import Agent

@Suite struct LogShareTests {
    @Test(arguments: [
        ([[5, 16, 16]], 100, [3]), ([[5, 16, 16]], 36, [2]), ([[5, 16, 16]], 4, [0]), ([], 10, []),
        // In turn: one that is long takes nothing from those that are short.
        ([[1, 10, 10, 10], [2], [3, 10]], 26, [2, 1, 2]),
        // What is behind one that has no room has none either: a gap is at the beginning alone.
        ([[1, 30, 1], [1, 1, 1]], 10, [1, 3]),
    ])
    func `the newest segments of all logs share the room`(logs: [[Int]], room: Int, counts: [Int]) {
        #expect(LogShare.counts(of: logs, within: room) == counts)
    }
}
