// SPDX-License-Identifier: Apache-2.0
internal import Linux
internal import Transfer

// A store that keeps its objects in a file system may list them folder by folder. That is an order, and its pages keep
// to it; but it is not that of the bytes, where `a-b` is before `a/b`.
extension S3Store {
    /// More objects than these are not brought into order.
    private static let maximumWhole = 100_000

    /// In which order the store lists, found out with two objects at its first list that depends on it.
    func order(_ call: StoreCall) throws(ObjectError) -> S3ListOrder {
        if let order = client.state.hold({ $0.order }) { return order }
        let order = try probeOrder(call)
        return client.state.hold { state in
            state.order = state.order ?? order
            return state.order ?? order
        }
    }

    private func probeOrder(_ call: StoreCall) throws(ObjectError) -> S3ListOrder {
        let place = "\(Self.probes)/\(UInt64.random(in: 0...UInt64.max))/"
        let keys = [try ObjectKey("\(place)a/b"), try ObjectKey("\(place)a-b")]
        do throws(ObjectError) {
            for key in keys { try put([1], at: key, in: call.scope) }
        } catch {
            guard case .refused = error.cause else { throw error }
            return .unknown
        }
        let names = try page(prefix + place, after: nil, limit: 10, call).objects.map(\.name)
        for key in keys { try delete(key, in: call.scope) }
        let wanted = keys.map { prefix + $0.text }
        return names == wanted ? .folders : names == wanted.reversed() ? .bytes : .unknown
    }

    /// A page in the order of bytes, of a store that has another one: brought into it, as far as that is settled.
    func listWhole(_ prefix: String, after key: ObjectKey?, limit: Int, _ call: StoreCall) throws(ObjectError)
        -> ObjectPage
    {
        let start = self.prefix + prefix, order = try order(call)
        var found: [ObjectPage.Entry] = []
        var marker: String?
        if let key { marker = order.marker(before: try full(key, call), in: start) }
        var count = 0
        while true {
            let page = try page(start, after: marker, limit: 1_000, call)
            for (name, status) in page.objects {
                guard marker.map({ order.precedes($0, name) }) ?? true, name.utf8.starts(with: start.utf8)
                else {
                    throw call.error(.unavailable("the store lists what was not asked for, or in no order"))
                }
                marker = name
                let own = Array(name.utf8.dropFirst(self.prefix.utf8.count))
                guard let entry = ObjectKey(bytes: own), key.map({ $0 < entry }) ?? true else { continue }
                found.append(.init(key: entry, status: status))
            }
            guard page.isTruncated else { break }
            guard !page.objects.isEmpty else {
                throw call.error(.unavailable("the store lists nothing, and says that there is more"))
            }
            if found.count > limit, let end = marker.flatMap({ order.settled(by: $0, in: start) }) {
                let own = Array(end.utf8.dropFirst(self.prefix.utf8.count))
                found.sort { $0.key < $1.key }
                let settled = found.prefix(limit + 1).allSatisfy {
                    $0.key.bytes.lexicographicallyPrecedes(own)
                }
                if settled { break }
            }
            count += page.objects.count
            guard count < Self.maximumWhole else {
                throw call.error(
                    .refused(
                        """
                        has more than \(Self.maximumWhole) objects, and the store lists them in another order than \
                        that of keys: list a part, or use a store that lists by keys
                        """
                    )
                )
            }
        }
        found.sort { $0.key < $1.key }
        let entries = Array(found.prefix(limit))
        return ObjectPage(entries: entries, next: found.count > limit ? entries.last?.key : nil)
    }
}
