// SPDX-License-Identifier: Apache-2.0
package import Objects
package import Transfer

/// The volumes that a store has, and what is beside them.
package struct VolumeCatalog: Sendable {
    package let store: any ObjectStore

    package init(_ store: any ObjectStore) { self.store = store }

    /// All logs, branches too, by their names; or those of one app.
    package func logs(app: String? = nil, in scope: TransferScope) throws(VolumeError) -> [LogPlace] {
        try logs(below: app.map { "v/\($0)/" } ?? "v/", in: scope)
    }

    /// What is beside a log: changes of who was overtaken.
    package func branches(of place: LogPlace, in scope: TransferScope) throws(VolumeError) -> [LogPlace] {
        try logs(below: "v/\(place.volume)@", in: scope)
    }

    /// One request for each: it is asked for what comes behind all that one log can have.
    private func logs(below prefix: String, in scope: TransferScope) throws(VolumeError) -> [LogPlace] {
        var found: [LogPlace] = [], last: ObjectKey?
        do throws(ObjectError) {
            while true {
                let page = try store.list(prefix, after: last, limit: 1, in: scope)
                guard let key = page.entries.first?.key ?? page.next else { return found }
                let parts = key.text.split(separator: "/")
                if !page.entries.isEmpty, parts.count > 3,
                    let place = try? LogPlace(app: String(parts[1]), volume: String(parts[2]))
                {
                    found.append(place)
                    last = try ObjectKey("v/\(place.volume)/~")
                } else {
                    last = key
                }
            }
        } catch {
            throw VolumeError("list", prefix, .store(error))
        }
    }
}
