// SPDX-License-Identifier: Apache-2.0
internal import Objects
internal import Transfer

/// A store some of whose objects are in no list.
struct BlindStore: ObjectStore {
    private let inner: any ObjectStore
    private let hidden: String

    init(_ inner: any ObjectStore, to hidden: String) {
        self.inner = inner
        self.hidden = hidden
    }

    func list(_ prefix: String, after key: ObjectKey?, limit: Int, in scope: TransferScope)
        throws(ObjectError) -> ObjectPage
    {
        let page = try inner.list(prefix, after: key, limit: limit, in: scope)
        return ObjectPage(
            entries: page.entries.filter { !$0.key.text.hasPrefix(hidden) },
            next: page.next ?? (page.entries.count == limit ? page.entries.last?.key : nil)
        )
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

    func create(_ bytes: [UInt8], at key: ObjectKey, in scope: TransferScope) throws(ObjectError) -> Bool {
        try inner.create(bytes, at: key, in: scope)
    }

    func delete(_ key: ObjectKey, in scope: TransferScope) throws(ObjectError) {
        try inner.delete(key, in: scope)
    }
}
