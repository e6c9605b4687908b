// SPDX-License-Identifier: Apache-2.0
internal import Linux
internal import Transfer
internal import Volumes

// What could not be committed when its last container had gone: it stays here, for whoever starts next.

extension HeldVolume {
    /// Leaves the files as they are, on the disk; nobody writes any more, and nothing is asked of the store.
    ///
    /// Whoever acquires the volume here next goes on with them, also after a start of the machine. If somebody else wrote
    /// it meanwhile they become a branch.
    func leave() throws {
        stopBeating()
        if let objects { return try objects.leave() }
        guard let volume, let root = try written() else { return }
        var mark = mark(of: volume)
        try root.synchronizeFileSystem()
        (mark.isSettled, mark.isLeft) = (true, true)
        try save(mark)
    }

    /// Keeps in the store, beside the volume, what was left here and is not gone on with.
    ///
    /// - Returns: The name of the branch; nil if nothing is missing, or there can be none: then the files stay beside the
    ///   volume on this node.
    func keep(_ mark: VolumeFolder.Mark) throws -> String? {
        guard log.guarantee == .fenced, let (root, lower) = try left(mark, in: scope),
            let last = try log.find(mark.sequence, in: scope)
        else { return nil }
        let now = UInt64(Timestamp.now())
        return try StoredVolume.branch(root, over: lower, from: last, of: log, time: now, in: scope)?.volume
    }
}
