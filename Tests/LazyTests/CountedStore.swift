// SPDX-License-Identifier: Apache-2.0
internal import Objects
internal import Synchronization
internal import TestKit
internal import Transfer

/// A store that says what was read of it, and can be away.
final class CountedStore: ForwardingStore {
    private struct State {
        var reads = 0
        var bytes = 0
        var isAway = false
    }

    let inner: any ObjectStore
    private let state = Mutex(State())

    init(_ inner: any ObjectStore) { self.inner = inner }

    /// How often was read, and how much, since the last time.
    func count() -> (reads: Int, bytes: Int) {
        state.withLock { state in
            defer { (state.reads, state.bytes) = (0, 0) }
            return (state.reads, state.bytes)
        }
    }

    /// Nothing can be asked of it until it is back.
    func setAway(_ isAway: Bool) { state.withLock { $0.isAway = isAway } }

    private func check(_ operation: String, _ subject: String) throws(ObjectError) {
        if state.withLock({ $0.isAway }) { throw ObjectError(operation, subject, .unavailable("away")) }
    }

    func get(
        _ key: ObjectKey,
        _ range: Range<Int64>?,
        limit: Int,
        unless known: EntityTag?,
        in scope: TransferScope
    ) throws(ObjectError) -> StoredObject? {
        try check("get", key.text)
        let object = try inner.get(key, range, limit: limit, unless: known, in: scope)
        state.withLock { state in
            state.reads += 1
            state.bytes += object?.bytes.count ?? 0
        }
        return object
    }
}
