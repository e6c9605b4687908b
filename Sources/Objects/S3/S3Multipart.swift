// SPDX-License-Identifier: Apache-2.0
internal import Keys
internal import Linux
internal import Synchronization
internal import Transfer

/// One upload in parts, from its beginning or from where it was cut, to its end.
struct S3Multipart {
    let store: S3Store
    let upload: FileUpload
    let parts: ObjectParts
    /// With what stands before every key.
    let key: String
    let call: StoreCall
    /// A store joins the parts before it answers.
    private static let patience = Duration.seconds(300)

    var client: S3Client { store.client }

    /// What the store calls the object; nil if it does not say.
    func run() throws(ObjectError) -> EntityTag? {
        let id = try begin()
        do throws(ObjectError) {
            try send(id)
            try upload.check(call)
            return try complete(id)
        } catch {
            // Parts that came after the store had forgotten the upload are of none any more.
            if upload.state.withLock({ $0.id }) != id { upload.restart() }
            // What may go on later is left as it is.
            guard case .refused = error.cause else { throw error }
            try? abort(id)  // or it is given up after a day
            upload.restart()
            throw error
        }
    }

    /// What the store calls the upload: this one, one that was cut, or a new one.
    private func begin() throws(ObjectError) -> String {
        if let id = upload.state.withLock({ $0.id }) { return id }
        let id: String
        if let cut = try takeOver() { id = cut } else { id = try create() }
        upload.state.withLock { $0.id = id }
        return id
    }

    private func create() throws(ObjectError) -> String {
        var request = S3Request(method: "POST", key: key)
        request.query = [("uploads", "")]
        // Without it libcurl calls it a form, which an old signature is over.
        request.fields = [("Content-Type", "application/octet-stream")]
        let body = try client.read(request, for: [200], call).body
        guard let root = XMLElement.parse(body), let id = root["UploadId"], !id.isEmpty else {
            throw call.error(.unavailable("the store does not say what it calls the upload"))
        }
        return id
    }

    func abort(_ id: String) throws(ObjectError) {
        var request = S3Request(method: "DELETE", key: key)
        request.query = [("uploadId", id)]
        do throws(ObjectError) { _ = try client.perform(request, for: [200, 204], call) } catch {
            guard error.cause == .absent else { throw error }
        }
    }

    // MARK: Parts

    private func send(_ id: String) throws(ObjectError) {
        let there = upload.state.withLock { $0.tags }
        let missing = (1...parts.count).filter { there[$0] == nil }
        guard !missing.isEmpty else { return }
        let checksPayload = try store.checksPayload(call)
        try ObjectParts.each(missing, call) { number throws(ObjectError) in
            try send(number, id, checksPayload)
        }
    }

    /// Sends one part with the hash that the store was seen to compare.
    private func send(_ number: Int, _ id: String, _ checksPayload: Bool) throws(ObjectError) {
        let range = parts.range(number)
        var request = S3Request(method: "PUT", key: key)
        request.query = [("partNumber", String(number)), ("uploadId", id)]
        request.body = .file(upload.file, offset: range.lowerBound, count: Int64(range.count))
        try client.prove(&request, checksPayload) { function throws(ObjectError) in
            try upload.file.hash(function, range, call)
        }
        let response: TransferResponse
        do throws(ObjectError) { response = try client.read(request, for: [200], call).response } catch {
            guard error.cause == .absent else { throw error }
            throw forgotten()
        }
        guard let tag = EntityTag(response) else {
            throw call.error(.unavailable("the store does not say what it calls a part"))
        }
        upload.add(number, tag, range.count)
    }

    private func forgotten() -> ObjectError {
        upload.restart()
        return call.error(.unavailable("the store knows the upload no more"))
    }

    // MARK: The end

    /// Makes the object of its parts.
    ///
    /// Where an earlier attempt had no answer, an upload that is no more is one that has become the object, if that is
    /// called what these parts make.
    private func complete(_ id: String) throws(ObjectError) -> EntityTag? {
        let (tags, isRepeated) = upload.state.withLock { state in
            defer { state.isCompleting = true }
            return (state.tags, state.isCompleting)
        }
        var text = "<CompleteMultipartUpload xmlns=\"http://s3.amazonaws.com/doc/2006-03-01/\">"
        for number in 1...parts.count {
            text += "<Part><PartNumber>\(number)</PartNumber>"
            text += "<ETag>\"\(XMLElement.escape(tags[number]?.text ?? ""))\"</ETag></Part>"
        }
        var request = S3Request(method: "POST", key: key)
        request.query = [("uploadId", id)]
        // Without it libcurl calls it a form.
        request.fields = [("Content-Type", "application/xml")]
        request.send(Array((text + "</CompleteMultipartUpload>").utf8))
        request.patience = Self.patience
        // Made twice by libcurl, the second would be the first that we hear of.
        request.mayRepeat = false
        do throws(ObjectError) {
            // The status is sent before the parts are joined: it tells nothing.
            let body = try client.read(request, for: [200], call).body
            guard let result = XMLElement.parse(body), result.name == "CompleteMultipartUploadResult" else {
                throw call.error(.unavailable("the store does not say that the object is made"))
            }
            // Another name than S3 gives is one that some stores use in this answer alone.
            let tag = joined(tags)
            return result["ETag"].map { EntityTag(unquoted: $0) } == tag ? tag : nil
        } catch {
            guard error.cause == .absent else { throw error }
            guard isRepeated, let tag = try find(tags) else { throw forgotten() }
            return tag
        }
    }

    /// What the object is called if it is made of these parts; nil if it is not.
    private func find(_ tags: [Int: EntityTag]) throws(ObjectError) -> EntityTag? {
        let tag = joined(tags)
        let response = try client.ask(S3Request(method: "HEAD", key: key), for: [200, 404], call).response
        let isThere = response.status == 200 && response.length == upload.size && EntityTag(response) == tag
        return isThere ? tag : nil
    }

    /// What S3 calls an object of these parts: by the MD5 of their MD5s, and their number.
    private func joined(_ tags: [Int: EntityTag]) -> EntityTag {
        let bytes = (1...parts.count).compactMap { tags[$0].flatMap { HashFunction.bytes(ofHex: $0.text) } }
        return EntityTag("\(HashFunction.md5.hex(bytes.flatMap { $0 }))-\(parts.count)")
    }
}
