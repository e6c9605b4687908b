// SPDX-License-Identifier: Apache-2.0
internal import Objects
internal import TestKit
internal import Transfer

/// A store that somebody else writes to as well; and some of whose objects are in no list yet.
struct OthersStore: ForwardingStore {
    let inner: any ObjectStore
    var late: Set<String> = []
    /// What somebody else puts in the place of an object just after it was put.
    var theirs: [String: [UInt8]] = [:]
    /// What somebody else makes just before an object is put.
    var first: [String: [UInt8]] = [:]
    /// Whether it does not make an object only where there is none.
    var isWeak = false

    func list(_ prefix: String, after key: ObjectKey?, limit: Int, in scope: TransferScope)
        throws(ObjectError) -> ObjectPage
    {
        let page = try inner.list(prefix, after: key, limit: limit, in: scope)
        return ObjectPage(entries: page.entries.filter { !late.contains($0.key.text) }, next: page.next)
    }

    func put(_ bytes: [UInt8], at key: ObjectKey, in scope: TransferScope) throws(ObjectError) -> EntityTag? {
        try comeFirst(key, scope)
        let tag = try inner.put(bytes, at: key, in: scope)
        try comeAfter(key, scope)
        return tag
    }

    func create(_ bytes: [UInt8], at key: ObjectKey, in scope: TransferScope) throws(ObjectError)
        -> Creation
    {
        try comeFirst(key, scope)
        let creation = try inner.create(bytes, at: key, in: scope)
        try comeAfter(key, scope)
        return creation
    }

    func promises(in scope: TransferScope) throws(ObjectError) -> StorePromises {
        isWeak ? StorePromises() : try inner.promises(in: scope)
    }

    private func comeFirst(_ key: ObjectKey, _ scope: TransferScope) throws(ObjectError) {
        if let first = first[key.text] { _ = try inner.create(first, at: key, in: scope) }
    }

    private func comeAfter(_ key: ObjectKey, _ scope: TransferScope) throws(ObjectError) {
        if let theirs = theirs[key.text] { try inner.put(theirs, at: key, in: scope) }
    }
}
