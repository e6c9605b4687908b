// SPDX-License-Identifier: Apache-2.0
internal import Glibc
internal import Keys
internal import Linux
internal import Synchronization
public import Transfer

/// A store whose objects are sealed before they leave the node: who has the store alone sees keys, sizes and times, and
/// can neither read an object nor put another one, or one of another place, for it.
///
/// An older version of an object in its own place is as good as the newest.
public final class SealedStore: ObjectStore {
    private let store: any ObjectStore
    private let source: @Sendable () throws(ObjectError) -> SealingKeys
    private let known = Mutex<SealingKeys?>(nil)

    /// A store, and where its keys come from: they are asked for once.
    public init(
        _ store: any ObjectStore,
        keys source: @escaping @Sendable () throws(ObjectError) -> SealingKeys
    ) {
        self.store = store
        self.source = source
    }

    private func keys() throws(ObjectError) -> SealingKeys {
        if let keys = known.withLock({ $0 }) { return keys }
        let keys = try source()
        known.withLock { $0 = keys }
        return keys
    }

    /// What is at a key, or a part of it: as many segments are read as have it.
    public func get(
        _ key: ObjectKey,
        _ range: Range<Int64>?,
        limit: Int,
        unless known: EntityTag?,
        in scope: TransferScope
    ) throws(ObjectError) -> StoredObject? {
        let call = StoreCall("get", key.text, scope), keys = try keys()
        let segments = range.map(SealedLayout.range(of:))
        // Of the first and the last segment not all may be wanted.
        let most = SealedLayout.storedSize(of: min(max(0, Int64(limit)), 1 << 48))
        let sealed: StoredObject?
        do throws(ObjectError) {
            sealed = try store.get(
                key,
                segments,
                limit: Int(segments == nil ? most : most + 2 * SealedLayout.stored),
                unless: known,
                in: scope
            )
        } catch {
            if case .tooLarge = error.cause { throw call.error(.tooLarge(limit: limit)) }
            throw error
        }
        guard let sealed else { return nil }
        let first = (segments?.lowerBound ?? 0) / SealedLayout.stored
        var bytes = try keys.open(sealed.bytes, from: first, of: sealed.status.size, at: key, call)
        let status = try status(sealed.status, call)
        if let range {
            let begun = first * SealedLayout.plain, end = min(range.upperBound, begun + Int64(bytes.count))
            guard range.lowerBound < end else {
                throw call.nothing(of: status.size)
            }
            bytes = Array(bytes[Int(range.lowerBound - begun)..<Int(end - begun)])
        }
        guard bytes.count <= limit else { throw call.error(.tooLarge(limit: limit)) }
        return StoredObject(status: status, bytes: bytes)
    }

    private func status(_ status: ObjectStatus, _ call: StoreCall) throws(ObjectError) -> ObjectStatus {
        guard let size = SealedLayout.size(ofStored: status.size) else {
            throw call.error(.refused("has \(status.size) bytes, which nothing that is sealed has"))
        }
        return ObjectStatus(size: size, modified: status.modified, tag: status.tag)
    }

    /// What is known of an object without its bytes; `absent` is thrown if there is none.
    public func head(_ key: ObjectKey, in scope: TransferScope) throws(ObjectError) -> ObjectStatus {
        try status(store.head(key, in: scope), StoreCall("head", key.text, scope))
    }

    /// Makes an object, in the place of what was there.
    @discardableResult
    public func put(_ bytes: [UInt8], at key: ObjectKey, in scope: TransferScope) throws(ObjectError)
        -> EntityTag?
    {
        try store.put(keys().seal(bytes, at: key), at: key, in: scope)
    }

    /// Makes an object where there is none; of many who try at once, one alone does.
    ///
    /// No two attempts are sealed alike: after an error, what is there is to be read and compared.
    public func create(
        _ bytes: [UInt8],
        at key: ObjectKey,
        in scope: TransferScope
    ) throws(ObjectError) -> Creation {
        try store.create(keys().seal(bytes, at: key), at: key, in: scope)
    }

    /// The objects whose keys begin with some text, in the order of the keys' bytes; one that is not sealed counts as
    /// empty.
    public func list(
        _ prefix: String,
        after key: ObjectKey?,
        limit: Int,
        in scope: TransferScope
    ) throws(ObjectError) -> ObjectPage {
        let page = try store.list(prefix, after: key, limit: limit, in: scope)
        let entries = page.entries.map { entry in
            let (status, size) = (entry.status, SealedLayout.size(ofStored: entry.status.size) ?? 0)
            return ObjectPage.Entry(
                key: entry.key,
                status: ObjectStatus(size: size, modified: status.modified, tag: status.tag)
            )
        }
        return ObjectPage(entries: entries, next: page.next)
    }

    /// Makes an object of a file, by way of a sealed copy of it that has no name.
    @discardableResult
    public func upload(_ upload: FileUpload, at key: ObjectKey, in scope: TransferScope) throws(ObjectError)
        -> EntityTag?
    {
        let call = StoreCall("put", key.text, scope)
        let copy = try Self.unnamedFile(call), sealer = try keys().sealer(at: key)
        var segment: [UInt8] = [], index: Int64 = 0
        func close(isLast: Bool) throws(ObjectError) {
            let sealed = try sealer.seal(segment[...], index, isLast: isLast)
            try copy.write(sealed[...], at: index * SealedLayout.stored, call)
            (segment, index) = ([], index + 1)
        }
        try upload.file.each(of: 0..<upload.size, call) { (bytes) throws(ObjectError) in
            var rest = bytes[...]
            while !rest.isEmpty {
                // Only what something follows is known not to be the last.
                if segment.count == SealedLayout.plain { try close(isLast: false) }
                let part = rest.prefix(Int(SealedLayout.plain) - segment.count)
                segment += part
                rest = rest.dropFirst(part.count)
            }
        }
        try close(isLast: true)
        try upload.check(call)
        let tag = try store.upload(FileUpload(copy), at: key, in: scope)
        upload.finish()
        return tag
    }

    private static func unnamedFile(_ call: StoreCall) throws(ObjectError) -> Descriptor {
        let path = "/var/tmp/.martlet-sealed-\(UInt64.random(in: 0...UInt64.max))"
        do throws(LinuxError) {
            let file = try Descriptor.open(path, O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW, mode: 0o600)
            try check("unlink", path, Glibc.unlink(path))
            return file
        } catch { throw call.error(.system(error)) }
    }

    /// Takes an object away; it may have gone before.
    public func delete(_ key: ObjectKey, in scope: TransferScope) throws(ObjectError) {
        try store.delete(key, in: scope)
    }

    /// Takes objects away, as many as there are; some may be gone after an error.
    public func delete(_ keys: [ObjectKey], in scope: TransferScope) throws(ObjectError) {
        try store.delete(keys, in: scope)
    }

    /// What the store was seen to do.
    public func promises(in scope: TransferScope) throws(ObjectError) -> StorePromises {
        try store.promises(in: scope)
    }
}
