// SPDX-License-Identifier: Apache-2.0
public import Linux
internal import Synchronization
public import Transfer

/// A store of which it is counted what it is asked, attempt by attempt.
public final class MeasuredStore: ObjectStore {
    /// What came of one operation so far.
    public struct Figures: Equatable, Sendable {
        /// How often it was asked for.
        public var count = 0
        /// How often it failed, for another reason than that there is no such object, or that it was called off.
        public var failures = 0
        /// How long it took in all.
        public var time = Duration.zero
        /// Bytes of objects that were read or written.
        public var bytes: Int64 = 0
    }

    private let store: any ObjectStore
    private let counted = Mutex<[String: Figures]>([:])

    /// Counts what a store is asked.
    public init(_ store: any ObjectStore) { self.store = store }

    /// By the names of operations: `get`, `create`, ...; what a probe asks is not among them.
    public var figures: [String: Figures] { counted.withLock { $0 } }

    /// What is at a key, or a part of it.
    public func get(
        _ key: ObjectKey,
        _ range: Range<Int64>?,
        limit: Int,
        unless known: EntityTag?,
        in scope: TransferScope
    ) throws(ObjectError) -> StoredObject? {
        try measure("get", received: { Int64($0?.bytes.count ?? 0) }) { () throws(ObjectError) in
            try store.get(key, range, limit: limit, unless: known, in: scope)
        }
    }

    /// What is known of an object without its bytes; `absent` is thrown if there is none.
    public func head(_ key: ObjectKey, in scope: TransferScope) throws(ObjectError) -> ObjectStatus {
        try measure("head") { () throws(ObjectError) in try store.head(key, in: scope) }
    }

    /// Makes an object, in the place of what was there.
    @discardableResult
    public func put(_ bytes: [UInt8], at key: ObjectKey, in scope: TransferScope) throws(ObjectError)
        -> EntityTag?
    {
        try measure("put", sent: bytes.count) { () throws(ObjectError) in
            try store.put(bytes, at: key, in: scope)
        }
    }

    /// Makes an object where there is none; of many who try at once, one alone does.
    public func create(
        _ bytes: [UInt8],
        at key: ObjectKey,
        in scope: TransferScope
    ) throws(ObjectError) -> Creation {
        try measure("create", sent: bytes.count) { () throws(ObjectError) in
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
        try measure("list") { () throws(ObjectError) in
            try store.list(prefix, after: key, limit: limit, in: scope)
        }
    }

    /// Makes an object of a file, in the place of what was there.
    @discardableResult
    public func upload(_ upload: FileUpload, at key: ObjectKey, in scope: TransferScope) throws(ObjectError)
        -> EntityTag?
    {
        let before = upload.done
        return try measure("put", received: { _ in upload.done - before }) { () throws(ObjectError) in
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
        try measure("get", received: { min(Int64(range.count), max(0, $0.size - range.lowerBound)) }) {
            () throws(ObjectError) in try store.get(key, range, of: version, into: file, in: scope)
        }
    }

    /// Takes an object away; it may have gone before.
    public func delete(_ key: ObjectKey, in scope: TransferScope) throws(ObjectError) {
        try measure("delete") { () throws(ObjectError) in try store.delete(key, in: scope) }
    }

    /// Takes objects away, as many as there are.
    public func delete(_ keys: [ObjectKey], in scope: TransferScope) throws(ObjectError) {
        try measure("delete") { () throws(ObjectError) in try store.delete(keys, in: scope) }
    }

    /// What the store was seen to do.
    public func promises(in scope: TransferScope) throws(ObjectError) -> StorePromises {
        try store.promises(in: scope)
    }

    private func measure<Result>(
        _ operation: String,
        sent: Int = 0,
        received: (Result) -> Int64 = { _ in 0 },
        _ body: () throws(ObjectError) -> Result
    ) throws(ObjectError) -> Result {
        let start = ContinuousClock.now
        do throws(ObjectError) {
            let result = try body()
            add(operation, since: start, bytes: Int64(sent) + received(result), isFailure: false)
            return result
        } catch {
            add(
                operation,
                since: start,
                bytes: 0,
                isFailure: error.cause != .absent && error.cause != .cancelled
            )
            throw error
        }
    }

    private func add(_ operation: String, since start: ContinuousClock.Instant, bytes: Int64, isFailure: Bool)
    {
        let time = ContinuousClock.now - start
        counted.withLock { counted in
            var figures = counted[operation] ?? Figures()
            figures.count += 1
            figures.failures += isFailure ? 1 : 0
            figures.time += time
            figures.bytes += bytes
            counted[operation] = figures
        }
    }
}
