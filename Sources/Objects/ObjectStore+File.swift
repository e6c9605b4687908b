// SPDX-License-Identifier: Apache-2.0
public import Linux
public import Transfer

extension ObjectStore {
    /// Makes an object of a file, in the place of what was there.
    ///
    /// Large ones go in parts over several connections, and a repeat goes on where the last one was cut: see
    /// `upload(_:at:in:)`.
    @discardableResult
    public func upload(
        _ file: Descriptor,
        at key: ObjectKey,
        progress: @escaping FileUpload.Progress = { _, _ in },
        in scope: TransferScope
    ) throws(ObjectError) -> EntityTag? {
        try upload(FileUpload(file, progress: progress), at: key, in: scope)
    }
}

// What a store does that has no other way: bytes in memory, an object or a part of one at a time.
extension ObjectStore {
    /// Makes an object of a file in one piece; a store that takes no parts takes no large ones.
    @discardableResult
    public func upload(_ upload: FileUpload, at key: ObjectKey, in scope: TransferScope) throws(ObjectError)
        -> EntityTag?
    {
        let call = StoreCall("put", key.text, scope)
        guard upload.size <= ObjectParts.smallest else {
            throw call.error(.refused("the store takes no file of more than \(ObjectParts.smallest) bytes"))
        }
        var bytes: [UInt8] = []
        try upload.file.each(of: 0..<upload.size, call) { bytes += $0 }
        try upload.check(call)
        let tag = try put(bytes, at: key, in: scope)
        upload.finish()
        return tag
    }

    /// Reads a part of an object into the same place of a file.
    public func get(
        _ key: ObjectKey,
        _ range: Range<Int64>,
        of version: EntityTag?,
        into file: Descriptor,
        in scope: TransferScope
    ) throws(ObjectError) -> ObjectStatus {
        let call = StoreCall("get", key.text, scope)
        var start = range.lowerBound, version = version
        while true {
            let part = start..<min(start + ObjectParts.smallest, range.upperBound)
            guard let object = try get(key, part, limit: part.count, unless: nil, in: scope) else {
                throw call.error(.unavailable("the store calls it unchanged, and was not asked"))
            }
            try call.check(object.status, is: version)
            try file.write(object.bytes[...], at: start, call)
            version = object.status.tag
            start = part.upperBound
            if start >= min(range.upperBound, object.status.size) { return object.status }
        }
    }
}
