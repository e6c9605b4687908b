// SPDX-License-Identifier: Apache-2.0
internal import Lazy
internal import Linux
internal import Transfer
internal import Volumes

// The version below what is written here, where files come while they are read.

extension HeldVolume {
    /// A node that is away for longer may find that what it had not read is gone.
    private static let pinTime = Duration.seconds(14 * 86_400)

    /// Goes on with what was written over a version whose files come while they are read; false if the files are to be had
    /// anew, which the last version has all of.
    func goOn(
        over served: UInt64,
        _ mark: VolumeFolder.Mark,
        _ volume: StoredVolume,
        isUsed: Bool,
        _ terms: RestoreTerms
    ) throws -> Bool {
        if !isUsed, mark.isSettled == true, mark.isLeft != true, try !isPinned(mark), try isGivenUp(served) {
            return false
        }
        let record = try log.record(served, in: scope)
        lower = try OverlayTree(record, from: log.store, ids: IdentityMap(place: mark.place), in: scope)
        guard !isUsed, !terms.isLazy || !terms.fits(mark) else {
            try pin(record, mark.pin)
            return true
        }
        // All are to be here, or nobody can use those ids any more: what was written is stored first.
        if let upper = try folder.upper() { _ = try commit(upper, in: volume, nil, releasing: false) }
        return false
    }

    /// Whether a version is not kept any more: what keeps it is its pin alone.
    private func isGivenUp(_ sequence: UInt64) throws -> Bool {
        var place = sequence
        while let record = try log.find(place, in: scope) {
            // A fence is never given up itself: it has the files of the version before it.
            if record.isVersion || place == 1 { return try log.isGivenUp(record, in: scope) }
            place -= 1
        }
        return true
    }

    /// Whether the version of a mark is pinned still: nobody renewed it for too long if it is not.
    private func isPinned(_ mark: VolumeFolder.Mark) throws -> Bool {
        guard let name = mark.pin else { return false }
        return try ReadPin.find(name, in: log.store, scope)?.isInForce(at: UInt64(Timestamp.now())) ?? false
    }

    /// From here on all files are to be in the directory.
    func endServing() throws {
        if folder.isServed { try LazyVolume(folder.path).end() }
        lower = nil
    }

    /// What a version has stays in the store for as long as files come from it.
    func pin(_ record: CommitRecord, _ name: [UInt8]?) throws {
        guard let name else { return }
        let until = UInt64(Timestamp.now()) + UInt64(Self.pinTime / .nanoseconds(1))
        _ = try ReadPin(record, of: log, until: until, nonce: name, in: scope)
        pinnedAt = .now
    }

    /// Lets go of the version of a mark that nothing here goes on from any more; a pin that cannot be let go ends by itself.
    ///
    /// What is left or given back keeps its own: the next start here goes on from the same version.
    func unpin(_ mark: VolumeFolder.Mark?) {
        guard let name = mark?.pin else { return }
        try? ReadPin.release(name, in: log.store, scope)  // as it says
    }

    func renewPin() throws {
        guard let pinnedAt, .now - pinnedAt > Self.pinTime / 8, let mark, let served = mark.served else {
            return
        }
        try pin(log.record(served, in: scope), mark.pin)
    }

    /// What has to be read for a commit: the directory, or what was written over the version below.
    func written() throws -> Descriptor? { try lower == nil ? folder.data() : folder.upper() }

    /// What was left here with a mark, and the version below it where that is not all.
    func left(_ mark: VolumeFolder.Mark, in scope: TransferScope) throws -> (
        root: Descriptor, lower: OverlayTree?
    )? {
        var lower: OverlayTree?
        if let served = mark.served {
            let record = try log.record(served, in: scope), ids = IdentityMap(place: mark.place)
            lower = try OverlayTree(record, from: log.store, ids: ids, in: scope)
        }
        return try (lower == nil ? folder.data() : folder.upper()).map { ($0, lower) }
    }
}
