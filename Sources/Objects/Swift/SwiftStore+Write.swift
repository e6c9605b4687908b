// SPDX-License-Identifier: Apache-2.0
internal import Keys
public import Transfer

extension SwiftStore {
    /// Makes an object, in the place of what was there; the store checks its hash.
    @discardableResult
    public func put(_ bytes: [UInt8], at key: ObjectKey, in scope: TransferScope) throws(ObjectError)
        -> EntityTag?
    {
        let call = StoreCall("put", key.text, scope)
        try call.check()
        let digest = HashFunction.md5.hex(bytes)
        let request = SwiftRequest(
            method: "PUT",
            key: try full(key, call),
            // A system that allows no MD5 has none.
            fields: digest.isEmpty ? [] : [("ETag", digest)],
            body: .bytes(bytes)
        )
        return try put(request, call)
    }

    /// Is refused: a Swift does not keep one of two who create an object, whatever it answers to one alone.
    ///
    /// `If-None-Match: *` is looked at where an upload begins and forgotten where it ends, by each of several servers
    /// for itself. No number of attempts that went well would show more than that nobody came in between.
    public func create(
        _ bytes: [UInt8],
        at key: ObjectKey,
        in scope: TransferScope
    ) throws(ObjectError) -> Creation {
        let call = StoreCall("create", key.text, scope)
        try call.check()
        throw call.error(
            .refused("OpenStack Swift does not keep one of two who create an object: use a store that does")
        )
    }

    /// Takes an object away, with the segments that it is made of; it may have gone before.
    public func delete(_ key: ObjectKey, in scope: TransferScope) throws(ObjectError) {
        let call = StoreCall("delete", key.text, scope)
        try call.check()
        let name = try full(key, call)
        let isStatic: Bool
        do throws(ObjectError) { isStatic = try look(name, call).isStatic } catch {
            guard error.cause == .absent else { throw error }
            return
        }
        if isStatic { return try deleteLarge(name, call) }
        _ = try client.perform(SwiftRequest(method: "DELETE", key: name), for: [204, 404], call)
    }

    /// Puts something, and makes the container before if that is missing, and wanted.
    @discardableResult
    func put(_ request: SwiftRequest, _ call: StoreCall) throws(ObjectError) -> EntityTag? {
        var made = false
        while true {
            let statuses: Set<Int> = made ? [200, 201] : [200, 201, 404]
            let response = try client.answer(request, for: statuses, call)
            guard response.status == 404 else { return EntityTag(response) }
            // A segment's container is ours alone.
            guard makesContainer || request.container != nil else { throw noContainer(call) }
            try makeContainer(request.container, call)
            made = true
        }
    }

    func noContainer(_ call: StoreCall) -> ObjectError {
        call.error(.refused("there is no container '\(client.container)': make it, or set create: true"))
    }

    private func makeContainer(_ name: String?, _ call: StoreCall) throws(ObjectError) {
        _ = try client.perform(SwiftRequest(method: "PUT", container: name), for: [201, 202, 204], call)
    }
}
