// SPDX-License-Identifier: Apache-2.0
internal import Objects
internal import Volumes

extension LazySettings {
    /// Settings that cannot be read, and why.
    package struct Flaw: Error, Equatable, CustomStringConvertible {
        package let description: String

        init(_ description: String) { self.description = description }
    }

    /// As bytes; throws if a value holds a NUL.
    package func encoded() throws(Flaw) -> [UInt8] {
        var values: [(String, String?)] = [
            ("app", app), ("volume", volume), ("sequence", sequence.map { "\($0)" }), ("cache", cache),
            ("hydrate", isHydrated ? "yes" : "no"), ("limit", limit.map { "\($0)" }),
            ("patience", "\(patience)"), ("ids", "\(ids)"), ("cgroup", cgroup),
        ]
        switch store {
        case .directory(let path): values += [("store", "directory"), ("path", path)]
        case .s3(let bucket):
            values += [
                ("store", "s3"), ("endpoint", bucket.endpoint), ("bucket", bucket.bucket),
                ("region", bucket.region), ("path-style", bucket.isPathStyle ? "yes" : "no"),
                ("owner", bucket.owner), ("prefix", bucket.prefix), ("authorities", bucket.authorities),
            ]
            switch bucket.key {
            case .fixed(let key):
                values += [("key", key.id), ("secret", key.secret), ("session", key.session)]
            case .file(let path): values.append(("credentials", path))
            case .chain: break
            }
        }
        var bytes: [UInt8] = []
        for case (let name, let value?) in values {
            guard !value.utf8.contains(0) else { throw Flaw("\(name) has a NUL") }
            bytes += "\(name)=\(value)\0".utf8
        }
        guard bytes.count <= Self.maximumBytes else { throw Flaw("has \(bytes.count) bytes") }
        return bytes
    }

    /// Reads what `encoded` made.
    package init(_ bytes: [UInt8]) throws(Flaw) {
        guard bytes.count <= Self.maximumBytes, bytes.last ?? 0 == 0 else { throw Flaw("is cut short") }
        var values: [String: String] = [:]
        for part in bytes.split(separator: 0) {
            guard let text = String(validating: part, as: UTF8.self), let sign = text.firstIndex(of: "=")
            else {
                throw Flaw("has a line that is not NAME=VALUE in UTF-8")
            }
            let name = String(text[..<sign])
            guard values.updateValue(String(text[text.index(after: sign)...]), forKey: name) == nil else {
                throw Flaw("has \(name) twice")
            }
        }
        func take(_ name: String) throws(Flaw) -> String {
            guard let value = values.removeValue(forKey: name) else { throw Flaw("has no \(name)") }
            return value
        }
        func takeNumber<Number: FixedWidthInteger>(_ name: String, as type: Number.Type) throws(Flaw)
            -> Number?
        {
            guard let text = values.removeValue(forKey: name) else { return nil }
            guard let number = Number(text), number > 0 else { throw Flaw("\(name) is not a number above 0") }
            return number
        }
        func takeChoice(_ name: String) throws(Flaw) -> Bool {
            switch try take(name) {
            case "yes": return true
            case "no": return false
            default: throw Flaw("\(name) is neither yes nor no")
            }
        }
        func takePath(_ name: String) throws(Flaw) -> String {
            let path = try take(name)
            guard path.hasPrefix("/") else { throw Flaw("\(name) is not an absolute path") }
            return path
        }
        let store: Store
        switch try take("store") {
        case "directory": store = .directory(path: try takePath("path"))
        case "s3":
            let key: Key
            if let id = values.removeValue(forKey: "key") {
                key = .fixed(
                    AccessKey(
                        id: id,
                        secret: try take("secret"),
                        session: values.removeValue(forKey: "session")
                    )
                )
            } else if let path = values.removeValue(forKey: "credentials") {
                key = .file(path)
            } else {
                key = .chain
            }
            var bucket = Bucket(endpoint: try take("endpoint"), bucket: try take("bucket"), key: key)
            bucket.region = try take("region")
            bucket.isPathStyle = try takeChoice("path-style")
            bucket.owner = values.removeValue(forKey: "owner")
            bucket.prefix = try take("prefix")
            bucket.authorities = values.removeValue(forKey: "authorities")
            store = .s3(bucket)
        default: throw Flaw("store is neither directory nor s3")
        }
        self.init(
            app: try take("app"),
            volume: try take("volume"),
            sequence: try takeNumber("sequence", as: UInt64.self),
            store: store,
            cache: try takePath("cache")
        )
        isHydrated = try takeChoice("hydrate")
        limit = try takeNumber("limit", as: Int.self)
        patience = try takeNumber("patience", as: Int.self) ?? 300
        guard let ids = IdentityMap(try take("ids")) else { throw Flaw("ids are not INSIDE:OUTSIDE:COUNT") }
        self.ids = ids
        cgroup = values["cgroup"] == nil ? nil : try takePath("cgroup")
        if let name = values.keys.min() { throw Flaw("has \(name), which is not known") }
    }
}
