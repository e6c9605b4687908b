// SPDX-License-Identifier: Apache-2.0
internal import Glibc
internal import Objects
internal import Synchronization
internal import Transfer

/// A store that stops the whole process, as SIGSTOP does, before it creates an object.
final class StoppingStore: ObjectStore {
    private let inner: any ObjectStore
    private let stops = Atomic(false)

    init(_ inner: any ObjectStore) { self.inner = inner }

    /// Whether the next creation stops.
    var stopsBeforeRecord: Bool {
        get { stops.load(ordering: .sequentiallyConsistent) }
        set { stops.store(newValue, ordering: .sequentiallyConsistent) }
    }

    func create(_ bytes: [UInt8], at key: ObjectKey, in scope: TransferScope) throws(ObjectError) -> Bool {
        if stops.exchange(false, ordering: .sequentiallyConsistent) { kill(getpid(), SIGSTOP) }
        return try inner.create(bytes, at: key, in: scope)
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

    @discardableResult
    func put(_ bytes: [UInt8], at key: ObjectKey, in scope: TransferScope) throws(ObjectError)
        -> EntityTag?
    {
        try inner.put(bytes, at: key, in: scope)
    }

    func list(_ prefix: String, after key: ObjectKey?, limit: Int, in scope: TransferScope)
        throws(ObjectError) -> ObjectPage
    {
        try inner.list(prefix, after: key, limit: limit, in: scope)
    }

    func delete(_ key: ObjectKey, in scope: TransferScope) throws(ObjectError) {
        try inner.delete(key, in: scope)
    }

    func promises(in scope: TransferScope) throws(ObjectError) -> StorePromises {
        try inner.promises(in: scope)
    }
}
