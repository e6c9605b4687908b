// SPDX-License-Identifier: Apache-2.0
internal import FoundationEssentials
public import Transfer

extension SwiftStore {
    private static let maximumPage = 8 << 20

    /// The objects whose keys begin with some text, in the order of the keys' bytes.
    ///
    /// What has a name that is no key is left out.
    public func list(
        _ prefix: String,
        after key: ObjectKey?,
        limit: Int,
        in scope: TransferScope
    ) throws(ObjectError) -> ObjectPage {
        let call = StoreCall("list", prefix.isEmpty ? client.container : prefix, scope)
        try call.check()
        guard ObjectKey.canBegin(with: prefix) else { return ObjectPage(entries: [], next: nil) }
        let limit = max(1, min(limit, 1_000))
        var marker = try key.map { key throws(ObjectError) in try full(key, call) }
        var entries: [ObjectPage.Entry] = []
        // A page may be short where a container is in parts: only an empty one is the end.
        while entries.count < limit {
            let page = try page(nil, self.prefix + prefix, after: marker, limit: limit - entries.count, call)
            guard let last = page.last else { return ObjectPage(entries: entries, next: nil) }
            for item in page {
                let own = item.name.utf8.dropFirst(self.prefix.utf8.count)
                guard let key = ObjectKey(bytes: Array(own)) else { continue }
                entries.append(.init(key: key, status: item.status))
            }
            marker = last.name
        }
        return ObjectPage(entries: entries, next: entries.last?.key)
    }

    /// Some objects of a container, by their whole names.
    func page(
        _ container: String?,
        _ prefix: String,
        after marker: String?,
        limit: Int,
        _ call: StoreCall
    ) throws(ObjectError) -> [SwiftItem] {
        var query = [("format", "json"), ("limit", String(limit)), ("prefix", prefix)]
        if let marker { query.append(("marker", marker)) }
        let request = SwiftRequest(method: "GET", container: container, query: query)
        let transfer = try client.ask(request, for: [200, 204, 404], call)
        let body = try call.body(of: transfer, limit: Self.maximumPage)
        if transfer.response.status == 404 {
            guard makesContainer || container != nil else { throw noContainer(call) }
            return []
        }
        if transfer.response.status == 204 { return [] }
        guard let items = try? JSONDecoder().decode([SwiftItem].self, from: Data(body)) else {
            throw call.error(
                .unavailable("the list is no JSON, or has an object without a name, a size or a hash")
            )
        }
        var before = marker
        for item in items {
            guard before.map({ $0.utf8.lexicographicallyPrecedes(item.name.utf8) }) ?? true,
                item.name.utf8.starts(with: prefix.utf8)
            else { throw call.error(.unavailable("the store lists what was not asked for, or in no order")) }
            before = item.name
        }
        guard items.count <= limit else {
            throw call.error(.unavailable("the store lists more than it was asked for"))
        }
        return items
    }
}

/// An object in a list of Swift.
struct SwiftItem: Decodable {
    let name: String
    let status: ObjectStatus

    private enum CodingKeys: String, CodingKey {
        case name, bytes, hash
        case modified = "last_modified"
        /// What a head calls one that is made of segments.
        case large = "slo_etag"
    }

    init(from decoder: any Decoder) throws {
        let values = try decoder.container(keyedBy: CodingKeys.self)
        name = try values.decode(String.self, forKey: .name)
        let size = try values.decode(Int64.self, forKey: .bytes)
        guard size >= 0 else {
            throw DecodingError.dataCorruptedError(
                forKey: .bytes,
                in: values,
                debugDescription: "less than nothing"
            )
        }
        let tag =
            try values.decodeIfPresent(String.self, forKey: .large)
            ?? values.decode(String.self, forKey: .hash)
        let modified = try values.decodeIfPresent(String.self, forKey: .modified).flatMap(S3Page.seconds)
        status = ObjectStatus(size: size, modified: modified ?? 0, tag: EntityTag(unquoted: tag))
    }
}
