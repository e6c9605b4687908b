// SPDX-License-Identifier: Apache-2.0
internal import Objects
internal import TestKit
internal import Transfer

/// A store without atomic creation, as a Swift is: it refuses to create, and promises nothing.
struct WeakStore: ForwardingStore {
    let inner: any ObjectStore

    func create(_ bytes: [UInt8], at key: ObjectKey, in scope: TransferScope) throws(ObjectError)
        -> Creation
    {
        throw ObjectError("create", key.text, .refused("it cannot"))
    }

    func promises(in scope: TransferScope) throws(ObjectError) -> StorePromises { StorePromises() }
}
