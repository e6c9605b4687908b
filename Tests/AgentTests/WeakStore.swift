// SPDX-License-Identifier: Apache-2.0
internal import Objects
internal import Transfer

/// A store without atomic creation, as a Swift is: it refuses to create, and promises nothing.
struct WeakStore: ObjectStore {
    let inner: any ObjectStore

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

    @discardableResult
    func put(_ bytes: [UInt8], at key: ObjectKey, in scope: TransferScope) throws(ObjectError)
        -> EntityTag?
    {
        try inner.put(bytes, at: key, in: scope)
    }

    func create(_ bytes: [UInt8], at key: ObjectKey, in scope: TransferScope) throws(ObjectError) -> Bool {
        throw ObjectError("create", key.text, .refused("it cannot"))
    }

    func list(_ prefix: String, after key: ObjectKey?, limit: Int, in scope: TransferScope)
        throws(ObjectError) -> ObjectPage
    {
        try inner.list(prefix, after: key, limit: limit, in: scope)
    }

    func delete(_ key: ObjectKey, in scope: TransferScope) throws(ObjectError) {
        try inner.delete(key, in: scope)
    }
}
