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
        if !isUsed, mark.isSettled == true, mark.isLeft != true, try isGivenUp(served) { return false }
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

    /// Whether a version is not kept any more: nobody renewed its pin for too long.
    private func isGivenUp(_ sequence: UInt64) throws -> Bool {
        guard let record = try log.find(sequence, in: scope) else { return true }
        return try log.isGivenUp(record, in: scope)
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
