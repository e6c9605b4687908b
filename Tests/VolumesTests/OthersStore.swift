// SPDX-License-Identifier: Apache-2.0
internal import Objects
internal import Transfer

/// A store that somebody else writes to, just after each put; and some of whose objects are in no list yet.
struct OthersStore: ObjectStore {
    let inner: any ObjectStore
    var late: Set<String> = []
    /// What somebody else puts in the place of an object that was just put.
    var theirs: [String: [UInt8]] = [:]

    func list(_ prefix: String, after key: ObjectKey?, limit: Int, in scope: TransferScope)
        throws(ObjectError) -> ObjectPage
    {
        let page = try inner.list(prefix, after: key, limit: limit, in: scope)
        return ObjectPage(entries: page.entries.filter { !late.contains($0.key.text) }, next: page.next)
    }

    func get(
        _ key: ObjectKey,
        _ range: Range<Int64>?,
        limit: Int,
        unless known: EntityTag?,
        in scope: TransferScope
    ) throws(ObjectError) -> StoredObject? {
        try inner.get(key, range, limit: limit, unless: known, in: scope)
    }

    func head(_ key: ObjectKey, in scope: TransferScope) throws(ObjectError) -> ObjectStatus {
        try inner.head(key, in: scope)
    }

    func put(_ bytes: [UInt8], at key: ObjectKey, in scope: TransferScope) throws(ObjectError) -> EntityTag? {
        let tag = try inner.put(bytes, at: key, in: scope)
        if let theirs = theirs[key.text] { _ = try inner.put(theirs, at: key, in: scope) }
        return tag
    }

    func create(_ bytes: [UInt8], at key: ObjectKey, in scope: TransferScope) throws(ObjectError) -> Bool {
        try inner.create(bytes, at: key, in: scope)
    }

    func delete(_ key: ObjectKey, in scope: TransferScope) throws(ObjectError) {
        try inner.delete(key, in: scope)
    }
}
