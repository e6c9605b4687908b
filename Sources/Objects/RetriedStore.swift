// SPDX-License-Identifier: Apache-2.0
public import Linux
public import Transfer

/// A store that is asked again, after a random pause that doubles, or the one that it asks for, when it cannot answer.
public struct RetriedStore: ObjectStore {
    private let store: any ObjectStore
    private let policy: RetryPolicy

    /// A store with patience; whoever needs an answer soon calls the scope off.
    public init(_ store: any ObjectStore, policy: RetryPolicy = Self.usual) {
        self.store = store
        self.policy = policy
    }

    /// Five attempts, the pauses up to 20 seconds.
    public static var usual: RetryPolicy {
        var policy = RetryPolicy()
        policy.attempts = 5
        policy.first = .milliseconds(100)
        policy.longest = .seconds(20)
        return policy
    }

    /// What is at a key, or a part of it.
    public func get(
        _ key: ObjectKey,
        _ range: Range<Int64>?,
        limit: Int,
        unless known: EntityTag?,
        in scope: TransferScope
    ) throws(ObjectError) -> StoredObject? {
        try attempt(in: scope) { () throws(ObjectError) in
            try store.get(key, range, limit: limit, unless: known, in: scope)
        }
    }

    /// What is known of an object without its bytes; `absent` is thrown if there is none.
    public func head(_ key: ObjectKey, in scope: TransferScope) throws(ObjectError) -> ObjectStatus {
        try attempt(in: scope) { () throws(ObjectError) in try store.head(key, in: scope) }
    }

    /// Makes an object, in the place of what was there.
    @discardableResult
    public func put(_ bytes: [UInt8], at key: ObjectKey, in scope: TransferScope) throws(ObjectError)
        -> EntityTag?
    {
        try attempt(in: scope) { () throws(ObjectError) in try store.put(bytes, at: key, in: scope) }
    }

    /// Makes an object where there is none; of many who try at once, one alone does.
    ///
    /// Where an attempt had no answer, what is there afterwards counts as made by this call if it has these bytes:
    /// who must be told apart from others puts something of their own into them.
    public func create(
        _ bytes: [UInt8],
        at key: ObjectKey,
        in scope: TransferScope
    ) throws(ObjectError) -> Creation {
        var isOpen = false
        return try attempt(in: scope) { () throws(ObjectError) in
            do throws(ObjectError) {
                let creation = try store.create(bytes, at: key, in: scope)
                if creation != .present { return creation }
            } catch {
                isOpen = true
                throw error
            }
            guard isOpen else { return .present }
            do throws(ObjectError) {
                let object = try store.get(key, limit: bytes.count, in: scope)
                return object.bytes == bytes ? .made(object.status.tag) : .present
            } catch {
                switch error.cause {
                case .tooLarge: return .present
                case .absent:
                    throw ObjectError("create", key.text, .unavailable("what was there was taken away since"))
                default: throw error
                }
            }
        }
    }

    /// The objects whose keys begin with some text, in the order of the keys' bytes.
    public func list(
        _ prefix: String,
        after key: ObjectKey?,
        limit: Int,
        in scope: TransferScope
    ) throws(ObjectError) -> ObjectPage {
        try attempt(in: scope) { () throws(ObjectError) in
            try store.list(prefix, after: key, limit: limit, in: scope)
        }
    }

    /// Makes an object of a file, in the place of what was there.
    ///
    /// As long as more of it is there each time, it is tried again.
    @discardableResult
    public func upload(_ upload: FileUpload, at key: ObjectKey, in scope: TransferScope) throws(ObjectError)
        -> EntityTag?
    {
        try attempt(in: scope, progress: { upload.done }) { () throws(ObjectError) in
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
        try attempt(in: scope) { () throws(ObjectError) in
            try store.get(key, range, of: version, into: file, in: scope)
        }
    }

    /// Takes an object away; it may have gone before.
    public func delete(_ key: ObjectKey, in scope: TransferScope) throws(ObjectError) {
        try attempt(in: scope) { () throws(ObjectError) in try store.delete(key, in: scope) }
    }

    /// Takes objects away, as many as there are.
    public func delete(_ keys: [ObjectKey], in scope: TransferScope) throws(ObjectError) {
        try attempt(in: scope) { () throws(ObjectError) in try store.delete(keys, in: scope) }
    }

    /// What the store was seen to do.
    public func promises(in scope: TransferScope) throws(ObjectError) -> StorePromises {
        try attempt(in: scope) { () throws(ObjectError) in try store.promises(in: scope) }
    }

    private func attempt<Result>(
        in scope: TransferScope,
        progress: () -> Int64 = { 0 },
        _ body: () throws(ObjectError) -> Result
    ) throws(ObjectError) -> Result {
        var failures = 0
        var done = progress()
        while true {
            do throws(ObjectError) { return try body() } catch {
                let now = progress()
                failures = now > done ? 1 : failures + 1
                done = max(done, now)
                guard case .unavailable = error.cause, failures < policy.attempts else { throw error }
                guard scope.wait(for: policy.pause(after: failures, asked: error.pause)) else {
                    throw ObjectError(error.operation, error.subject, .cancelled)
                }
            }
        }
    }
}
