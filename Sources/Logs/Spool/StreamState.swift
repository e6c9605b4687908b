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

    /// Takes a block into account.
    mutating func pass(_ block: BlockHeader) {
        batch = block.batch
        written = written + block.count
        open = block.open
        ended = block.endsStream
    }
}
