// SPDX-License-Identifier: Apache-2.0
internal import Lazy
internal import Synchronization
internal import Volumes

// Files of a version that come in the place of what is here.

extension HeldVolume {
    /// Has the files of the last version here, or what they are read by, in the place of what is here.
    func restore(_ volume: StoredVolume, on terms: RestoreTerms) throws -> String? {
        guard let place = terms.place(volume.guarantee) else {
            return try replace(with: volume.head, in: volume)
        }
        let head = volume.head, before = folder.mark(of: store)
        try endServing()
        var now = mark(of: volume)
        (now.served, now.place, now.pin) = (
            head.sequence, place, (0..<16).map { _ in .random(in: 0...255) }
        )
        try pin(head, now.pin)
        let aside: String?
        do { aside = try folder.replace(now) { _ in } } catch {
            unpin(now)
            throw error
        }
        lower = volume.lower(ids: IdentityMap(place: place))
        mark = now
        unpin(before)
        return aside
    }

    /// Puts the files of a version in the place of what is here.
    ///
    /// - Returns: Where what was here is now; nil if there was nothing.
    func replace(with record: CommitRecord, in volume: StoredVolume) throws -> String? {
        let before = folder.mark(of: store)
        try endServing()
        let now = mark(of: volume)
        defer { restored.withLock { $0 = nil } }
        let aside = try folder.replace(now) { root in
            try StoredVolume.restore(record, from: log.store, into: root, in: scope) { done, all in
                self.restored.withLock { $0 = (done, all) }
            }
        }
        mark = now
        unpin(before)
        return aside
    }
}
