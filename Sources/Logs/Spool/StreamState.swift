// SPDX-License-Identifier: Apache-2.0

/// Where one stream stands at some point of the spool.
struct StreamState: Equatable, Sendable {
    /// The number of the last published batch; 0 before the first.
    var batch: UInt64 = 0
    /// Everything that was ever written before this point, dropped or not.
    var written = LineCount()
    /// Bytes of the line that has no newline yet.
    var open: UInt32 = 0
    /// The stream came to its end of file.
    var ended = false
    /// The stream goes on in the middle of a line that was left out: its rest is, too.
    var skips = false
    /// What was left out before this point.
    var omitted = Omissions()

    /// Takes a block into account, with its table where it has one.
    mutating func pass(_ block: BlockHeader, _ table: Omissions? = nil) {
        if let table { omitted = omitted.merged(table) }
        // Of blocks that take each other's place the older may stand behind.
        guard block.batch >= batch else { return }
        batch = block.batch
        written = written + block.count
        open = block.open
        ended = block.endsStream
        skips = block.skips
    }
}
