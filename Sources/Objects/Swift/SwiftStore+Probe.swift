// SPDX-License-Identifier: Apache-2.0
internal import Linux
public import Transfer

extension SwiftStore {
    /// What the store was seen to do, at its first use by this process; three requests.
    ///
    /// That it keeps one of two who create an object is never asked: see `create`.
    public func promises(in scope: TransferScope) throws(ObjectError) -> StorePromises {
        let call = StoreCall("probe", client.container, scope)
        try call.check()
        if let promises = client.state.hold({ $0.promises }) { return promises }
        // Two who find out at once find the same.
        var promises = StorePromises(listsByBytes: true)  // a list in no order is an error
        promises.checksBytes = try refusesWrongBytes(call)
        client.state.hold { $0.promises = promises }
        return promises
    }

    /// Whether a hash that is not that of the bytes is noticed.
    private func refusesWrongBytes(_ call: StoreCall) throws(ObjectError) -> Bool {
        let key = try ObjectKey(".martlet-probe/\(UInt64.random(in: 0...UInt64.max))")
        // The container is there then, and may be written to.
        try put([1], at: key, in: call.scope)
        let request = SwiftRequest(
            method: "PUT",
            key: try full(key, call),
            // Of no bytes.
            fields: [("ETag", "d41d8cd98f00b204e9800998ecf8427e")],
            body: .bytes([2])
        )
        let status = try client.perform(request, for: [200, 201, 422], call)
        try delete(key, in: call.scope)
        return status == 422
    }
}
