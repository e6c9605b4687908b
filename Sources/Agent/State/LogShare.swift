// SPDX-License-Identifier: Apache-2.0

/// Shares the room that logs have in the store: of each the newest segment comes first, then in turn those before.
enum LogShare {
    /// How many of the newest segments of each log have room; their sizes come newest first.
    ///
    /// What is left out is the oldest of a log: whoever reads it finds a gap that is counted, as in a spool that was full.
    static func counts(of logs: [[Int]], within room: Int) -> [Int] {
        var counts = logs.map { _ in 0 }, left = room, open = Array(logs.indices)
        while !open.isEmpty {
            open.removeAll { log in
                let turn = counts[log]
                guard turn < logs[log].count, logs[log][turn] <= left else { return true }
                left -= logs[log][turn]
                counts[log] += 1
                return false
            }
        }
        return counts
    }
}
