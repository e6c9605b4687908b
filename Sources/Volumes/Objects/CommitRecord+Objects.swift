// SPDX-License-Identifier: Apache-2.0

extension CommitRecord {
    /// What was sent of a folder of objects, told as a version is: no log has it, and its place is how often this node has
    /// sent some.
    package init(
        _ sent: ObjectVolume.Sent,
        files: Int,
        at sequence: UInt64,
        by owner: Owner,
        time: UInt64
    ) {
        var statistics = Statistics()
        statistics.entries = UInt64(clamping: files)
        statistics.packs = UInt64(clamping: sent.put)
        statistics.stored = UInt64(clamping: sent.bytes)
        self.init(
            sequence: sequence,
            epoch: 1,
            owner: owner,
            parent: .none,
            root: nil,
            flags: .fuzzy,
            time: time,
            statistics: statistics,
            nonce: []
        )
    }
}
