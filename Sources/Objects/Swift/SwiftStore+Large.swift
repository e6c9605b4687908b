// SPDX-License-Identifier: Apache-2.0
internal import FoundationEssentials
internal import Keys
internal import Linux
public import Transfer

// Objects that are larger than one request should be: segments in a container beside, and a manifest that names them.
extension SwiftStore {
    /// Makes an object of a file, in the place of what was there.
    ///
    /// A large one is sent in parts, several at once, into the container of that name with `_segments` behind it;
    /// those that are there since an earlier attempt are not sent again. What was there before leaves its parts there:
    /// delete it first if it was large.
    @discardableResult
    public func upload(_ upload: FileUpload, at key: ObjectKey, in scope: TransferScope) throws(ObjectError)
        -> EntityTag?
    {
        let call = StoreCall("put", key.text, scope)
        guard let parts = ObjectParts(size: upload.size) else {
            throw call.error(.refused("is larger than any object can be"))
        }
        return try self.upload(upload, at: key, segment: parts.length, call)
    }

    /// The same in parts of this length.
    @discardableResult
    func upload(_ upload: FileUpload, at key: ObjectKey, segment: Int64, _ call: StoreCall)
        throws(ObjectError) -> EntityTag?
    {
        try call.check()
        let name = try full(key, call)
        guard upload.size > segment else { return try uploadWhole(upload, name, call) }
        let segments = try SwiftSegments(of: upload, length: segment, for: name, call)
        let there = try there(segments, call)
        // What the store has of it, it has said anew.
        upload.restart()
        for number in there {
            upload.add(number, EntityTag(segments.all[number].hash), segments.all[number].count)
        }
        try ObjectParts.each(segments.all.indices.filter { !there.contains($0) }, call) {
            number throws(ObjectError) in
            let segment = segments.all[number]
            try put(part(segment, of: upload.file), call)
            upload.add(number, EntityTag(segment.hash), segment.count)
        }
        try upload.check(call)
        return try put(try manifest(segments, name, call), call)
    }

    private func uploadWhole(_ upload: FileUpload, _ name: String, _ call: StoreCall) throws(ObjectError)
        -> EntityTag?
    {
        let hash = HashFunction.hex(of: try upload.file.hash(.md5, 0..<upload.size, call))
        let request = SwiftRequest(
            method: "PUT",
            key: name,
            fields: hash.isEmpty ? [] : [("ETag", hash)],
            body: upload.size == 0 ? .none : .file(upload.file, offset: 0, count: upload.size)
        )
        let tag = try put(request, call)
        try upload.check(call)
        upload.finish()
        return tag
    }

    /// Takes a large object away: its parts, and then itself.
    func deleteLarge(_ name: String, _ call: StoreCall) throws(ObjectError) {
        let request = SwiftRequest(
            method: "DELETE",
            key: name,
            query: [("multipart-manifest", "delete")],
            fields: [("Accept", "application/json")]
        )
        let transfer = try client.ask(request, for: [200, 204, 404], call)
        let body = try call.body(of: transfer, limit: 1 << 20)
        guard transfer.response.status == 200 else { return }
        // An answer that began before the end was known says 200 whatever comes.
        guard let outcome = try? JSONDecoder().decode(Outcome.self, from: Data(body)) else {
            throw call.error(.unavailable("the store does not say whether the parts of it are gone"))
        }
        guard outcome.isDone else {
            throw call.error(
                .unavailable("of the parts of it not all are gone: \(outcome.status.prefix(40))")
            )
        }
    }

    // MARK: Parts

    private var parts: String { client.container + "_segments" }

    /// The numbers of the parts that are there, from 0 on.
    private func there(_ segments: SwiftSegments, _ call: StoreCall) throws(ObjectError) -> Set<Int> {
        var found: [String: ObjectStatus] = [:]
        var marker: String?
        while true {
            let page = try page(parts, segments.folder, after: marker, limit: 1_000, call)
            guard let last = page.last, found.count <= segments.all.count else { break }
            for item in page { found[item.name] = item.status }
            marker = last.name
        }
        return Set(
            segments.all.indices.filter { index in
                let segment = segments.all[index], status = found[segment.name]
                return status.map { $0.size == segment.count && $0.tag.text == segment.hash } ?? false
            }
        )
    }

    private func part(_ segment: SwiftSegments.Segment, of file: Descriptor) -> SwiftRequest {
        SwiftRequest(
            method: "PUT",
            container: parts,
            key: segment.name,
            fields: [("ETag", segment.hash)],
            body: .file(file, offset: segment.offset, count: Int64(segment.count))
        )
    }

    private func manifest(_ segments: SwiftSegments, _ name: String, _ call: StoreCall) throws(ObjectError)
        -> SwiftRequest
    {
        let list = segments.all.map { segment in
            Part(path: "/\(parts)/\(segment.name)", etag: segment.hash, size_bytes: Int64(segment.count))
        }
        guard let data = try? JSONEncoder().encode(list) else {
            throw call.error(.refused("its parts cannot be written as JSON"))
        }
        return SwiftRequest(
            method: "PUT",
            key: name,
            query: [("multipart-manifest", "put")],
            body: .bytes(Array(data))
        )
    }

    /// A part, as a manifest has it.
    private struct Part: Encodable {
        let path: String
        let etag: String
        let size_bytes: Int64
    }

    /// What came of a deletion of many.
    private struct Outcome: Decodable {
        let status: String
        let errors: [[String]]

        enum CodingKeys: String, CodingKey {
            case status = "Response Status"
            case errors = "Errors"
        }

        /// Parts that were gone before are gone.
        var isDone: Bool { errors.isEmpty && (status.hasPrefix("200") || status.hasPrefix("404")) }
    }
}
