// SPDX-License-Identifier: Apache-2.0
internal import Keys
internal import Linux
public import Transfer

extension S3Store {
    /// Makes an object of a file, in the place of what was there; a large one of parts that go at once.
    ///
    /// Parts that an earlier upload of the same file left, of this program or another one, are used if the store calls
    /// them by their MD5. Uploads for this key that nobody ended within a day are given up.
    @discardableResult
    public func upload(_ upload: FileUpload, at key: ObjectKey, in scope: TransferScope) throws(ObjectError)
        -> EntityTag?
    {
        let call = StoreCall("put", key.text, scope)
        try call.check()
        guard let parts = ObjectParts(size: upload.size) else {
            throw call.error(.refused("is larger than any object can be"))
        }
        guard parts.count > 1 else { return try uploadWhole(upload, key, call) }
        let multipart = S3Multipart(
            store: self,
            upload: upload,
            parts: parts,
            key: try full(key, call),
            call: call
        )
        return try multipart.run()
    }

    private func uploadWhole(_ upload: FileUpload, _ key: ObjectKey, _ call: StoreCall) throws(ObjectError)
        -> EntityTag?
    {
        var request = S3Request(method: "PUT", key: try full(key, call))
        try client.prove(&request, client.state.hold { $0.checksPayload }) { function throws(ObjectError) in
            try upload.file.hash(function, 0..<upload.size, call)
        }
        request.body = upload.size == 0 ? .none : .file(upload.file, offset: 0, count: upload.size)
        let response = try client.read(request, for: [200, 201, 204], call).response
        try upload.check(call)
        upload.finish()
        return EntityTag(response)
    }
}
