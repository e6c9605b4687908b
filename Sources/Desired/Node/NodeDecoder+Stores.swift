// SPDX-License-Identifier: Apache-2.0

extension NodeDecoder {
    private static let maximumStores = 100

    /// The section `stores`, by the names that sources have for them.
    static func stores(_ field: Field) -> [String: StoreSettings] {
        let entries = field.entries()
        guard entries.count <= maximumStores else {
            field.refuse("more than \(maximumStores) stores", "use several parts of one")
            return [:]
        }
        var stores: [String: StoreSettings] = [:]
        for (name, field) in entries {
            guard Names.resource(name) != nil else {
                field.refuse(
                    "\(Characters.quoted(name)) is not the name of a store",
                    "use letters, digits, '.', '_' and '-', at most 63 of them"
                )
                continue
            }
            // One that is refused is a problem of its own, not one of whoever names it.
            stores[name] = store(field) ?? .directory("")
        }
        return stores
    }

    private static let mostKeys = 16

    private static func store(_ field: Field) -> StoreSettings? {
        guard let fields = Fields(field, .nodeStore) else { return nil }
        let store = plainStore(field, fields)
        guard let encryption = fields["encrypt"] else { return store }
        let keys = encryption.itemsOrOne()
        guard (1...mostKeys).contains(keys.count) else {
            encryption.refuse(
                "must be 1 to \(mostKeys) files with a key each",
                "write for example 'encrypt: cred:store.key', the newest first"
            )
            return nil
        }
        return store.map { .sealed($0, keys: keys.compactMap(file)) }
    }

    private static func plainStore(_ field: Field, _ fields: Fields) -> StoreSettings? {
        let kinds = ["dir", "s3", "swift"].filter { fields[$0] != nil }
        if kinds.count > 1 {
            field.refuse("is of several kinds: \(kinds.joined(separator: ", "))", "make a store of each")
        }
        if let bucket = fields["s3"] { return s3(bucket) }
        if let container = fields["swift"] { return swift(container) }
        // A kind that is to come was refused by its name.
        guard fields["dir"] != nil || !field.findings.hasProblem(within: field.path) else { return nil }
        return fields.required("dir", "add for example 'dir: {path: /srv/objects}', 's3' or 'swift'").flatMap(
            directory
        )
    }

    private static func directory(_ place: Field) -> StoreSettings? {
        guard place.isMapping else { return place.absolutePath().map { .directory($0) } }
        return Fields(place, .nodeDirectory)?.required("path", "add for example 'path: /srv/objects'")?
            .absolutePath().map { .directory($0) }
    }

    /// An object of one of these stores.
    static func object(_ field: Field, _ stores: Set<String>) -> NodeSource.Origin? {
        guard let fields = Fields(field, .nodeObject) else { return nil }
        let store = fields.required("name", "add for example 'name: files'").flatMap {
            known($0, "stores", stores, "add 'stores: {NAME: {dir: {path: DIRECTORY}}}'")
        }
        let key = fields.required("key", "add for example 'key: \"nodes/{node}.yaml\"'").flatMap { field in
            field.parsed("the key of an object", "write for example nodes/{node}.yaml", Self.key)
        }
        guard let store, let key else { return nil }
        return .object(store: store, key: key)
    }

    /// The key of a file that may have a signature beside it, `{node}` in it being any name of a node.
    private static func key(_ text: String) -> String? {
        let widest = text.replacing("{node}", with: String(repeating: "n", count: 64))
        let parts = widest.split(separator: "/", omittingEmptySubsequences: false)
        let isFine = parts.allSatisfy {
            Characters.isName($0, and: "._+=@~-") && $0 != "." && $0 != ".." && $0.utf8.count <= 250
        }
        return isFine && widest.utf8.count <= 1_000 ? text : nil
    }
}
