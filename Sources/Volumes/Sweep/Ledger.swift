// SPDX-License-Identifier: Apache-2.0
internal import Objects
internal import Transfer

/// The ledger of a store: entries that are created where there is none, and what is to be deleted stands in before it is.
struct Ledger: Sendable {
    static let prefix = "gc/"

    let store: any ObjectStore

    /// The places of entries behind one, in order.
    func places(after place: UInt64 = 0, in scope: TransferScope) throws(VolumeError) -> [UInt64] {
        let key = place == 0 ? nil : try Self.key(place)
        return try store.all(Self.prefix, after: key, in: scope).compactMap { Self.place(of: $0.key) }
    }

    /// An entry; nil if there is none.
    func entry(_ place: UInt64, in scope: TransferScope) throws(VolumeError) -> LedgerEntry? {
        let key = try Self.key(place)
        guard let bytes = try store.find(key, limit: LedgerEntry.maximumSize, in: scope) else { return nil }
        do throws(FormatFlaw) { return try LedgerEntry(bytes, at: place) } catch {
            throw VolumeError("read", key.text, .damaged(error.description))
        }
    }

    /// The last entry; nil for a store that was never swept.
    func last(in scope: TransferScope) throws(VolumeError) -> LedgerEntry? {
        guard let place = try places(in: scope).last else { return nil }
        guard let entry = try entry(place, in: scope) else {
            throw VolumeError("read", "gc", .unsettled("an entry of the ledger cannot be seen"))
        }
        return entry
    }

    /// Puts an entry at its place; false if somebody else has one there.
    func append(_ entry: LedgerEntry, in scope: TransferScope) throws(VolumeError) -> Bool {
        let key = try Self.key(entry.sequence), bytes: [UInt8]
        do throws(FormatFlaw) { bytes = try entry.encoded() } catch {
            throw VolumeError("write", key.text, .refused(error.description))
        }
        return try store.settle(bytes, at: key, in: scope)
    }

    static func key(_ place: UInt64) throws(VolumeError) -> ObjectKey {
        try named(prefix + LogPlace.digits(place))
    }

    static func named(_ text: String) throws(VolumeError) -> ObjectKey {
        do throws(ObjectError) { return try ObjectKey(text) } catch {
            throw VolumeError("name", text, .store(error))
        }
    }

    private static func place(of key: ObjectKey) -> UInt64? {
        let digits = key.text.dropFirst(prefix.count)
        guard digits.utf8.count == 16, let place = UInt64(digits, radix: 16),
            LogPlace.digits(place) == digits
        else { return nil }
        return place
    }
}
