// SPDX-License-Identifier: Apache-2.0
public import Objects
public import Transfer

/// A store before another one, which is asked for all that it does not say itself.
///
/// Files go by way of `put` and `get`, and what is created by way of `create`: each is said in one place.
public protocol ForwardingStore: ObjectStore {
    /// The other one.
    var inner: any ObjectStore { get }
}

extension ForwardingStore {
    /// What is at a key, or a part of it.
    public func get(
        _ key: ObjectKey,
        _ range: Range<Int64>?,
        limit: Int,
        unless known: EntityTag?,
        in scope: TransferScope
    ) throws(ObjectError) -> StoredObject? {
        try inner.get(key, range, limit: limit, unless: known, in: scope)
    }

    /// What is known of an object without its bytes.
    public func head(_ key: ObjectKey, in scope: TransferScope) throws(ObjectError) -> ObjectStatus {
        try inner.head(key, in: scope)
    }

    /// Makes an object, in the place of what was there.
    @discardableResult
    public func put(_ bytes: [UInt8], at key: ObjectKey, in scope: TransferScope) throws(ObjectError)
        -> EntityTag?
    {
        try inner.put(bytes, at: key, in: scope)
    }

    /// Makes an object where there is none, and tells what it is called.
    public func create(_ bytes: [UInt8], at key: ObjectKey, in scope: TransferScope) throws(ObjectError)
        -> Creation
    {
        try inner.create(bytes, at: key, in: scope)
    }

    /// The objects whose keys begin with some text.
    public func list(_ prefix: String, after key: ObjectKey?, limit: Int, in scope: TransferScope)
        throws(ObjectError) -> ObjectPage
    {
        try inner.list(prefix, after: key, limit: limit, in: scope)
    }

    /// Takes an object away.
    public func delete(_ key: ObjectKey, in scope: TransferScope) throws(ObjectError) {
        try inner.delete(key, in: scope)
    }

    /// What the store was seen to do.
    public func promises(in scope: TransferScope) throws(ObjectError) -> StorePromises {
        try inner.promises(in: scope)
    }
}
