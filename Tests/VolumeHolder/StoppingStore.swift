// SPDX-License-Identifier: Apache-2.0
internal import Glibc
internal import Objects
internal import Synchronization
internal import TestKit
internal import Transfer

/// A store that stops the whole process, as SIGSTOP does, before it creates an object.
final class StoppingStore: ForwardingStore {
    let inner: any ObjectStore
    private let stops = Atomic(false)

    init(_ inner: any ObjectStore) { self.inner = inner }

    /// Whether the next creation stops.
    var stopsBeforeRecord: Bool {
        get { stops.load(ordering: .sequentiallyConsistent) }
        set { stops.store(newValue, ordering: .sequentiallyConsistent) }
    }

    func create(_ bytes: [UInt8], at key: ObjectKey, in scope: TransferScope) throws(ObjectError)
        -> Creation
    {
        if stops.exchange(false, ordering: .sequentiallyConsistent) { kill(getpid(), SIGSTOP) }
        return try inner.create(bytes, at: key, in: scope)
    }
}
