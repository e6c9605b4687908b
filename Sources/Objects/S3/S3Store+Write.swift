// SPDX-License-Identifier: Apache-2.0
internal import Keys
internal import Linux
public import Transfer

extension S3Store {
    /// Makes an object, in the place of what was there.
    @discardableResult
    public func put(_ bytes: [UInt8], at key: ObjectKey, in scope: TransferScope) throws(ObjectError)
        -> EntityTag?
    {
        let call = StoreCall("put", key.text, scope)
        try call.check()
        var request = S3Request(method: "PUT", key: try full(key, call))
        if !bytes.isEmpty { request.body = .bytes(bytes) }
        try client.prove(&request, bytes)
        return EntityTag(try client.read(request, for: [200, 201, 204], call).response)
    }

    /// Makes an object where there is none; refused where the store was not seen to hold that.
    ///
    /// The store is probed before the first one.
    public func create(
        _ bytes: [UInt8],
        at key: ObjectKey,
        in scope: TransferScope
    ) throws(ObjectError) -> Creation {
        let call = StoreCall("create", key.text, scope)
        try call.check()
        guard try promises(in: scope).hasAtomicCreate else {
            throw call.error(
                .refused("the store does not keep one of two who create an object: use one that does")
            )
        }
        return try creation(of: bytes, at: key, call)
    }

    /// The same, whatever the store makes of it.
    func createUnproven(
        _ bytes: [UInt8],
        at key: ObjectKey,
        hold: TransferHold? = nil,
        _ call: StoreCall
    ) throws(ObjectError) -> Bool {
        try creation(of: bytes, at: key, hold: hold, call) != .present
    }

    private func creation(
        of bytes: [UInt8],
        at key: ObjectKey,
        hold: TransferHold? = nil,
        _ call: StoreCall
    ) throws(ObjectError) -> Creation {
        var request = S3Request(method: "PUT", key: try full(key, call))
        if !bytes.isEmpty { request.body = .bytes(bytes) }
        try client.prove(&request, bytes)
        request.hold = hold
        request.fields.append(("If-None-Match", "*"))
        // Made twice, the second would find the first, and nobody would have made the object.
        request.mayRepeat = false
        let response = try client.read(request, for: [200, 201, 204, 412], call).response
        return response.status == 412 ? .present : .made(EntityTag(response))
    }

    /// Takes an object away; it may have gone before.
    public func delete(_ key: ObjectKey, in scope: TransferScope) throws(ObjectError) {
        let call = StoreCall("delete", key.text, scope)
        try call.check()
        let request = S3Request(method: "DELETE", key: try full(key, call))
        do throws(ObjectError) {
            _ = try client.perform(request, for: [200, 202, 204], call)
        } catch {
            guard error.cause == .absent else { throw error }
        }
    }
}
