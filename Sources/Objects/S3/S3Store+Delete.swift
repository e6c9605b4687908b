// SPDX-License-Identifier: Apache-2.0
internal import Keys
internal import Linux
public import Transfer

extension S3Store {
    /// A store takes no more keys at once.
    private static let most = 1_000

    /// Takes objects away, a thousand with each request; one by one where the store has no such request.
    public func delete(_ keys: [ObjectKey], in scope: TransferScope) throws(ObjectError) {
        let call = StoreCall("delete", "\(keys.count) objects", scope)
        var rest = keys[...]
        while !rest.isEmpty {
            try call.check()
            let some = Array(rest.prefix(Self.most))
            rest = rest.dropFirst(some.count)
            let isDone = client.state.hold { $0.deletesOne } ? false : try deleteTogether(some, call)
            if !isDone {
                client.state.hold { $0.deletesOne = true }
                try Together.each(some, most: 8) { key throws(ObjectError) in try delete(key, in: scope) }
            }
        }
    }

    /// False if the store knows no such request; what failed for a key is thrown.
    private func deleteTogether(_ keys: [ObjectKey], _ call: StoreCall) throws(ObjectError) -> Bool {
        var text = "<Delete><Quiet>true</Quiet>"
        for key in keys { text += "<Object><Key>\(XMLElement.escape(try full(key, call)))</Key></Object>" }
        let bytes = Array((text + "</Delete>").utf8)
        var request = S3Request(method: "POST")
        request.query = [("delete", "")]
        // This request has no effect without an MD5 in many stores.
        request.fields = [
            ("Content-Type", "application/xml"), ("Content-MD5", Base64.encode(HashFunction.md5.hash(bytes))),
        ]
        request.send(bytes)
        let body: [UInt8]
        do throws(ObjectError) {
            body = try client.read(request, for: [200], limit: XMLElement.maximumBytes, call).body
        } catch {
            // One by one tells whether it is the request or the access key.
            switch error.cause {
            case .refused, .absent: return false
            default: throw error
            }
        }
        guard let root = XMLElement.parse(body), root.name == "DeleteResult" else { return false }
        for entry in root.all("Error") {
            let fault = S3Fault(status: 200, element: entry)
            guard fault.cause(client.place) != .absent else { continue }
            throw ObjectError("delete", entry["Key"] ?? "", fault.cause(client.place))
        }
        return true
    }
}
