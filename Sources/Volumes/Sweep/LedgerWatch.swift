// SPDX-License-Identifier: Apache-2.0
internal import Objects
internal import Transfer

/// What a committer knows of the ledger, so that nothing it refers to is deleted.
///
/// Who sweeps puts a pack into the ledger first, and asks what all versions have after that; who commits creates the
/// record first, and looks into the ledger after that. One of the two sees the other.
struct LedgerWatch {
    private let ledger: Ledger
    private var place: UInt64
    private var looked: ContinuousClock.Instant
    /// Packs that stood in the ledger at some time, as far as it was read.
    private(set) var marked: Set<PackName>

    /// Begins with what stands in the ledger: to be done before the tree is read that is gone on with.
    init(_ store: any ObjectStore, in scope: TransferScope) throws(VolumeError) {
        ledger = Ledger(store: store)
        let entry = try ledger.last(in: scope)
        place = entry?.sequence ?? 0
        marked = entry.map { Set($0.marked.keys) } ?? []
        looked = .now
    }

    /// Whether it is time to look before a commit, so that it need not be done twice.
    var isOld: Bool { looked.duration(to: .now) > .seconds(3_600) }

    /// Packs that may be deleted, by what came into the ledger since the last time.
    ///
    /// Of some packs it is asked whether they are there still, if not all of the ledger can be read.
    mutating func look(for packs: @autoclosure () -> Set<PackName>, in scope: TransferScope)
        throws(VolumeError) -> Set<PackName>
    {
        let places = try ledger.places(after: place, in: scope)
        guard let last = places.last else {
            looked = .now
            return []
        }
        var fresh: Set<PackName> = []
        // What was there and went meanwhile may have named anything.
        var hasGap = places.count != Int(clamping: last - place)
        for place in places {
            guard let entry = try ledger.entry(place, in: scope) else {
                hasGap = true
                continue
            }
            fresh.formUnion(entry.marked.keys)
        }
        if hasGap {
            for pack in packs().subtracting(fresh) where try !exists(pack, in: scope) { fresh.insert(pack) }
        }
        marked.formUnion(fresh)
        (place, looked) = (last, .now)
        return fresh
    }

    private func exists(_ pack: PackName, in scope: TransferScope) throws(VolumeError) -> Bool {
        let key = try LogPlace.pack(pack)
        do throws(ObjectError) { _ = try ledger.store.head(key, in: scope) } catch {
            guard error.cause == .absent else { throw VolumeError("look for", key.text, .store(error)) }
            return false
        }
        return true
    }
}
