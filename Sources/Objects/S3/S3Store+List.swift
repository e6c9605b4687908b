// SPDX-License-Identifier: Apache-2.0
internal import Linux
public import Transfer

extension S3Store {
    /// The objects whose keys begin with some text, in the order of the keys' bytes.
    ///
    /// What has a name that is no key is left out.
    public func list(
        _ prefix: String,
        after key: ObjectKey?,
        limit: Int,
        in scope: TransferScope
    ) throws(ObjectError) -> ObjectPage {
        let call = StoreCall("list", prefix.isEmpty ? client.place.bucket : prefix, scope)
        try call.check()
        guard ObjectKey.canBegin(with: prefix) else { return ObjectPage(entries: [], next: nil) }
        let limit = max(1, min(limit, 1_000))
        var marker = try key.map { key throws(ObjectError) in try full(key, call) }
        while client.state.hold({ $0.order ?? .bytes }) == .bytes {
            let page = try page(self.prefix + prefix, after: marker, limit: limit, call)
            // What comes whole on one page needs no order of the store's.
            if marker != nil || page.isTruncated, try order(call) != .bytes { break }
            var entries: [ObjectPage.Entry] = []
            var isSorted = true
            for (name, status) in page.objects {
                isSorted = isSorted && (marker.map { $0.utf8.lexicographicallyPrecedes(name.utf8) } ?? true)
                guard name.utf8.starts(with: (self.prefix + prefix).utf8) else {
                    throw call.error(.unavailable("the store lists what was not asked for"))
                }
                marker = name
                let own = name.utf8.dropFirst(self.prefix.utf8.count)
                if let key = ObjectKey(bytes: Array(own)) { entries.append(.init(key: key, status: status)) }
            }
            guard isSorted else {
                // It was seen to keep to the bytes, and does not.
                client.state.hold { if $0.order == .bytes { $0.order = .unknown } }
                break
            }
            guard page.isTruncated else { return ObjectPage(entries: entries, next: nil) }
            guard !page.objects.isEmpty else {
                throw call.error(.unavailable("the store lists nothing, and says that there is more"))
            }
            // Where all of them have names that are no keys, there may be others behind.
            if let last = entries.last { return ObjectPage(entries: entries, next: last.key) }
        }
        return try listWhole(prefix, after: key, limit: limit, call)
    }

    func page(_ prefix: String, after marker: String?, limit: Int, _ call: StoreCall)
        throws(ObjectError) -> S3Page
    {
        if !client.state.hold({ $0.listsOld }) {
            var query = [("list-type", "2"), ("max-keys", String(limit)), ("prefix", prefix)]
            if let marker { query.append(("start-after", marker)) }
            if let page = try ask(query, isOld: false, call) { return page }
            client.state.hold { $0.listsOld = true }
        }
        var query = [("max-keys", String(limit)), ("prefix", prefix)]
        if let marker { query.append(("marker", marker)) }
        guard let page = try ask(query, isOld: true, call) else {
            throw call.error(.unavailable("the answer is no list of objects"))
        }
        return page
    }

    /// A page; nil if the store knows no such list.
    private func ask(_ query: [(String, String)], isOld: Bool, _ call: StoreCall) throws(ObjectError)
        -> S3Page?
    {
        var request = S3Request(method: "GET")
        request.query = query
        let transfer = try client.ask(request, for: isOld ? [200] : [200, 501], call)
        let body = try call.body(of: transfer, limit: XMLElement.maximumBytes)
        if transfer.response.status == 501 { return nil }
        guard let root = XMLElement.parse(body) else {
            throw call.error(.unavailable("the list is no XML, or more than the store was asked for"))
        }
        if let fault = S3Fault(status: 200, body: body) { throw call.error(fault.cause(client.place)) }
        guard root.name == "ListBucketResult" else {
            throw call.error(.unavailable("the answer is no list of objects"))
        }
        // A store that has the first version alone answers with it whatever it was asked.
        if !isOld, root["KeyCount"] == nil { return nil }
        guard let page = S3Page(root) else {
            throw call.error(.unavailable("the list has an object without a key, a size or a tag"))
        }
        return page
    }
}
