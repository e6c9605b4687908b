// SPDX-License-Identifier: Apache-2.0
internal import Glibc
internal import Linux

/// A file as `docker login` and its like write it: names and passwords, or programs that know them.
struct CredentialFile {
    private let path: String
    private let fields: Fields

    /// Reads a file; nil if it is not there.
    init?(_ path: String) throws(ImageError) {
        let bytes: [UInt8]
        do throws(LinuxError) {
            bytes = try Descriptor.open(path, O_RDONLY | O_NOCTTY | O_NONBLOCK).readAll(limit: 1 << 20)
        } catch {
            guard error.errno != ENOENT, error.errno != ENOTDIR else { return nil }
            throw ImageError("read credentials", path, .system(error))
        }
        self.path = path
        fields = try Document.decode(Fields.self, from: bytes, "read credentials", path)
    }

    /// What it has for a repository of a registry, or nil.
    ///
    /// The longest entry that covers the repository counts; an entry is `HOST[:PORT][/PATH]`, or a URL of old times.
    func credentials(for registry: String, _ repository: String) throws(ImageError) -> Credentials? {
        if let helper = fields.credHelpers?[registry] {
            return try CredentialHelper(helper).credentials(for: registry)
        }
        let full = registry + "/" + repository
        let entries = (fields.auths ?? [:]).map { (name: Self.plain($0.key), entry: $0.value) }
        let best =
            entries
            .filter { full == $0.name || full.hasPrefix($0.name + "/") }
            .filter { $0.entry.auth?.isEmpty == false || $0.entry.identitytoken?.isEmpty == false }
            .max { $0.name.utf8.count < $1.name.utf8.count }
        if let best {
            if let token = best.entry.identitytoken, !token.isEmpty { return .refreshToken(token) }
            guard let found = Credentials(auth: best.entry.auth ?? "") else {
                throw ImageError(
                    "read credentials",
                    path,
                    .malformed("'auth' of \(best.name) is not USER:PASSWORD in base 64")
                )
            }
            return found
        }
        if let store = fields.credsStore, !store.isEmpty {
            let server = registry == "docker.io" ? "https://index.docker.io/v1/" : registry
            return try CredentialHelper(store).credentials(for: server)
        }
        return nil
    }

    private static func plain(_ key: String) -> String {
        var name = key[...]
        for scheme in ["https://", "http://"] where name.hasPrefix(scheme) {
            name = name.dropFirst(scheme.count)
            name = name.prefix { $0 != "/" }
        }
        if name.hasSuffix("/v1/") || name.hasSuffix("/v2/") { name = name.dropLast(4) }
        return name == "index.docker.io" ? "docker.io" : String(name)
    }

    // Named as in the file.
    private struct Fields: Decodable {
        var auths: [String: Entry]?
        var credHelpers: [String: String]?
        var credsStore: String?
    }

    private struct Entry: Decodable {
        var auth: String?
        var identitytoken: String?
    }
}
