// SPDX-License-Identifier: Apache-2.0
public import Linux
public import Transfer

/// A store that so many may ask at once, and no more: the others wait.
public final class LimitedStore: ObjectStore {
    private let store: any ObjectStore
    private let free: Monitor<Int>

    /// A store that `most` may ask at once.
    public init(_ store: any ObjectStore, most: Int) {
        self.store = store
        free = Monitor(most)
    }

    /// What is at a key, or a part of it.
    public func get(
        _ key: ObjectKey,
        _ range: Range<Int64>?,
        limit: Int,
        unless known: EntityTag?,
        in scope: TransferScope
    ) throws(ObjectError) -> StoredObject? {
        try enter("get", key.text, scope) { () throws(ObjectError) in
            try store.get(key, range, limit: limit, unless: known, in: scope)
        }
    }

    /// What is known of an object without its bytes; `absent` is thrown if there is none.
    public func head(_ key: ObjectKey, in scope: TransferScope) throws(ObjectError) -> ObjectStatus {
        try enter("head", key.text, scope) { () throws(ObjectError) in try store.head(key, in: scope) }
    }

    /// Makes an object, in the place of what was there.
    @discardableResult
    public func put(_ bytes: [UInt8], at key: ObjectKey, in scope: TransferScope) throws(ObjectError)
        -> EntityTag?
    {
        try enter("put", key.text, scope) { () throws(ObjectError) in try store.put(bytes, at: key, in: scope)
        }
    }

    /// Makes an object where there is none; of many who try at once, one alone does.
    public func create(
        _ bytes: [UInt8],
        at key: ObjectKey,
        in scope: TransferScope
    ) throws(ObjectError) -> Creation {
        try enter("create", key.text, scope) { () throws(ObjectError) in
            try store.create(bytes, at: key, in: scope)
        }
    }

    /// The objects whose keys begin with some text, in the order of the keys' bytes.
    public func list(
        _ prefix: String,
        after key: ObjectKey?,
        limit: Int,
        in scope: TransferScope
    ) throws(ObjectError) -> ObjectPage {
        try enter("list", prefix, scope) { () throws(ObjectError) in
            try store.list(prefix, after: key, limit: limit, in: scope)
        }
    }

    /// Makes an object of a file, in the place of what was there.
    @discardableResult
    public func upload(_ upload: FileUpload, at key: ObjectKey, in scope: TransferScope) throws(ObjectError)
        -> EntityTag?
    {
        try enter("put", key.text, scope) { () throws(ObjectError) in
            try store.upload(upload, at: key, in: scope)
        }
    }

    /// Reads a part of an object into the same place of a file.
    public func get(
        _ key: ObjectKey,
        _ range: Range<Int64>,
        of version: EntityTag?,
        into file: Descriptor,
        in scope: TransferScope
    ) throws(ObjectError) -> ObjectStatus {
        try enter("get", key.text, scope) { () throws(ObjectError) in
            try store.get(key, range, of: version, into: file, in: scope)
        }
    }

    /// Takes an object away; it may have gone before.
    public func delete(_ key: ObjectKey, in scope: TransferScope) throws(ObjectError) {
        try enter("delete", key.text, scope) { () throws(ObjectError) in try store.delete(key, in: scope) }
    }

    /// Takes objects away, as many as there are.
    public func delete(_ keys: [ObjectKey], in scope: TransferScope) throws(ObjectError) {
        try enter("delete", "\(keys.count) objects", scope) { () throws(ObjectError) in
            try store.delete(keys, in: scope)
        }
    }

    /// What the store was seen to do.
    public func promises(in scope: TransferScope) throws(ObjectError) -> StorePromises {
        try store.promises(in: scope)
    }

    private func enter<Result>(
        _ operation: String,
        _ subject: String,
        _ scope: TransferScope,
        _ body: () throws(ObjectError) -> Result
    ) throws(ObjectError) -> Result {
        while true {
            if scope.isCancelled { throw ObjectError(operation, subject, .cancelled) }
            // Nobody wakes it when the scope is called off.
            let isIn = free.wait(for: .milliseconds(100)) { free -> Bool? in
                guard free > 0 else { return nil }
                free -= 1
                return true
            }
            if isIn == true { break }
        }
        defer { free.change { $0 += 1 } }
        return try body()
    }
}
