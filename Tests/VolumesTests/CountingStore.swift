// SPDX-License-Identifier: Apache-2.0
internal import Objects
internal import Synchronization
internal import TestKit
internal import Transfer

/// A store that counts.
final class CountingStore: ForwardingStore {
    struct Count: Equatable {
        var writes = 0
        var reads = 0
        var bytes = 0
    }

    let inner: any ObjectStore
    private let state = Mutex(Count())

    init(_ inner: any ObjectStore) { self.inner = inner }

    /// What was asked since the last time.
    func count() -> Count {
        state.withLock { count in
            defer { count = Count() }
            return count
        }
    }

    func get(
        _ key: ObjectKey,
        _ range: Range<Int64>?,
        limit: Int,
        unless known: EntityTag?,
        in scope: TransferScope
    ) throws(ObjectError) -> StoredObject? {
        state.withLock { $0.reads += 1 }
        return try inner.get(key, range, limit: limit, unless: known, in: scope)
    }

    func head(_ key: ObjectKey, in scope: TransferScope) throws(ObjectError) -> ObjectStatus {
        state.withLock { $0.reads += 1 }
        return try inner.head(key, in: scope)
    }

    @discardableResult
    func put(_ bytes: [UInt8], at key: ObjectKey, in scope: TransferScope) throws(ObjectError)
        -> EntityTag?
    {
        state.withLock {
            $0.writes += 1
            $0.bytes += bytes.count
        }
        return try inner.put(bytes, at: key, in: scope)
    }

    func create(_ bytes: [UInt8], at key: ObjectKey, in scope: TransferScope) throws(ObjectError)
        -> Creation
    {
        state.withLock {
            $0.writes += 1
            $0.bytes += bytes.count
        }
        return try inner.create(bytes, at: key, in: scope)
    }

    func list(_ prefix: String, after key: ObjectKey?, limit: Int, in scope: TransferScope)
        throws(ObjectError) -> ObjectPage
    {
        state.withLock { $0.reads += 1 }
        return try inner.list(prefix, after: key, limit: limit, in: scope)
    }
}
