// SPDX-License-Identifier: Apache-2.0
public import Linux
public import Transfer

/// A store that is used only if it was seen to do what is required of it.
public struct RequiredStore: ObjectStore {
    private let store: any ObjectStore
    private let requirements: Set<StoreRequirement>

    /// A store, and what it must do; its first use finds out whether it does.
    public init(_ store: any ObjectStore, _ requirements: Set<StoreRequirement>) {
        self.store = store
        self.requirements = requirements
    }

    /// What is at a key, or a part of it.
    public func get(
        _ key: ObjectKey,
        _ range: Range<Int64>?,
        limit: Int,
        unless known: EntityTag?,
        in scope: TransferScope
    ) throws(ObjectError) -> StoredObject? {
        try check("get", key.text, scope)
        return try store.get(key, range, limit: limit, unless: known, in: scope)
    }

    /// What is known of an object without its bytes; `absent` is thrown if there is none.
    public func head(_ key: ObjectKey, in scope: TransferScope) throws(ObjectError) -> ObjectStatus {
        try check("head", key.text, scope)
        return try store.head(key, in: scope)
    }

    /// Makes an object, in the place of what was there.
    @discardableResult
    public func put(_ bytes: [UInt8], at key: ObjectKey, in scope: TransferScope) throws(ObjectError)
        -> EntityTag?
    {
        try check("put", key.text, scope)
        return try store.put(bytes, at: key, in: scope)
    }

    /// Makes an object where there is none; of many who try at once, one alone does.
    public func create(
        _ bytes: [UInt8],
        at key: ObjectKey,
        in scope: TransferScope
    ) throws(ObjectError) -> Creation {
        try check("create", key.text, scope)
        return try store.create(bytes, at: key, in: scope)
    }

    /// The objects whose keys begin with some text, in the order of the keys' bytes.
    public func list(
        _ prefix: String,
        after key: ObjectKey?,
        limit: Int,
        in scope: TransferScope
    ) throws(ObjectError) -> ObjectPage {
        try check("list", prefix, scope)
        return try store.list(prefix, after: key, limit: limit, in: scope)
    }

    /// Makes an object of a file, in the place of what was there.
    @discardableResult
    public func upload(_ upload: FileUpload, at key: ObjectKey, in scope: TransferScope) throws(ObjectError)
        -> EntityTag?
    {
        try check("put", key.text, scope)
        return try store.upload(upload, at: key, in: scope)
    }

    /// Reads a part of an object into the same place of a file.
    public func get(
        _ key: ObjectKey,
        _ range: Range<Int64>,
        of version: EntityTag?,
        into file: Descriptor,
        in scope: TransferScope
    ) throws(ObjectError) -> ObjectStatus {
        try check("get", key.text, scope)
        return try store.get(key, range, of: version, into: file, in: scope)
    }

    /// Takes an object away; it may have gone before.
    public func delete(_ key: ObjectKey, in scope: TransferScope) throws(ObjectError) {
        try check("delete", key.text, scope)
        try store.delete(key, in: scope)
    }

    /// Takes objects away, as many as there are.
    public func delete(_ keys: [ObjectKey], in scope: TransferScope) throws(ObjectError) {
        try check("delete", "\(keys.count) objects", scope)
        try store.delete(keys, in: scope)
    }

    /// What the store was seen to do.
    public func promises(in scope: TransferScope) throws(ObjectError) -> StorePromises {
        try store.promises(in: scope)
    }

    /// The store remembers what it was seen to do.
    private func check(_ operation: String, _ subject: String, _ scope: TransferScope) throws(ObjectError) {
        guard !requirements.isEmpty else { return }
        let promises = try store.promises(in: scope)
        for requirement in requirements.sorted(by: { $0.rawValue < $1.rawValue })
        where !promises.keeps(requirement) {
            let reason = "the store does not keep \(requirement.rawValue), which node.yaml requires of it"
            throw ObjectError(operation, subject, .refused("\(reason): use another store, or do without"))
        }
    }
}

/// What node.yaml can require of a store.
public enum StoreRequirement: String, CaseIterable, Sendable {
    /// Of many who create an object at once, one alone does.
    case atomicCreate = "atomic-create"
    /// Bytes that changed on the way to it are refused.
    case checksum
}

extension StorePromises {
    /// Whether the store was seen to do this.
    public func keeps(_ requirement: StoreRequirement) -> Bool {
        switch requirement {
        case .atomicCreate: hasAtomicCreate
        case .checksum: checksBytes
        }
    }
}
