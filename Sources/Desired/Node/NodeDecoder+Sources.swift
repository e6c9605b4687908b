// SPDX-License-Identifier: Apache-2.0

extension NodeDecoder {
    private static let maximumSources = 100
    private static let usualDirectory = "/etc/martlet/apps.d"
    private static let pace = Duration.seconds(1)...Duration.seconds(86_400)

    /// The section `sources`.
    static func sources(_ field: Field, signers: Set<String>, stores: Set<String>) -> [NodeSource] {
        let items = field.items()
        guard items.count <= maximumSources else {
            field.refuse("more than \(maximumSources) sources", "put their apps together")
            return []
        }
        var sources: [NodeSource] = []
        for item in items {
            guard let source = source(item, signers, stores) else { continue }
            if sources.contains(where: { $0.name == source.name }) {
                item.refuse("a second source \(Characters.quoted(source.name))", "give it another name")
            } else if sources.contains(where: { $0.origin == source.origin }) {
                item.refuse("the same place as another source", "keep one of them")
            }
            sources.append(source)
        }
        return sources
    }

    private static func source(_ field: Field, _ signers: Set<String>, _ stores: Set<String>) -> NodeSource? {
        guard let fields = Fields(field, .nodeSource) else { return nil }
        let name = fields.required("name", "add for example 'name: apps'").flatMap(sourceName)
        var source = NodeSource(name: name ?? "", origin: .directory(""))
        source.isOptional = fields["optional"]?.bool() ?? false
        source.allowsEmpty = fields["allow_empty"]?.bool() ?? false
        source.every = fields["every"].flatMap { pace($0, from: Self.pace.lowerBound) } ?? source.every
        source.jitter =
            fields["jitter"].flatMap { pace($0, from: .zero) } ?? min(source.jitter, source.every)
        source.verify = fields["verify"].flatMap { signer($0, signers) }
        source.hook = fields["hook"].flatMap(file)
        guard let origin = origin(fields, stores, isVerified: fields["verify"] != nil), name != nil else {
            return nil
        }
        source.origin = origin
        return source
    }

    private static func sourceName(_ field: Field) -> String? {
        let name = field.parsed(
            "the name of a source",
            "use a-z, 0-9, '_' and '-', at most 63 of them",
            Names.app
        )
        guard name == NodeSource.push else { return name }
        field.refuse("what is pushed comes from '\(NodeSource.push)'", "use another name")
        return nil
    }

    private static func pace(_ field: Field, from least: Duration) -> Duration? {
        guard let duration = field.duration() else { return nil }
        guard duration >= least, duration <= pace.upperBound else {
            field.refuse("must be from \(least == .zero ? "0" : "1s") to 24h", "write for example 60s")
            return nil
        }
        return duration
    }

    static func signer(_ field: Field, _ signers: Set<String>) -> String? {
        known(field, "trust.signers", signers, "add 'trust: {signers: {NAME: {ssh_allowed: FILE}}}'")
    }

    /// The name of one of those that stand at another place of the file; `remedy` is for a file that has none.
    static func known(_ field: Field, _ place: String, _ names: Set<String>, _ remedy: String) -> String? {
        guard let name = field.string() else { return nil }
        guard names.contains(name) else {
            field.refuse(
                "\(Characters.quoted(name)) is not under \(place)",
                names.isEmpty ? remedy : Vocabulary.hint(for: name, among: names)
            )
            return nil
        }
        return name
    }

    private static func origin(_ fields: Fields, _ stores: Set<String>, isVerified: Bool)
        -> NodeSource.Origin?
    {
        let kinds = ["dir", "http", "git", "oci", "store"].filter { fields[$0] != nil }
        guard let kind = kinds.first, let field = fields[kind] else {
            if !fields.field.findings.hasProblem(within: fields.field.path) {
                fields.field.refuse("says not where it is", "add 'dir', 'http', 'git', 'oci' or 'store'")
            }
            return nil
        }
        if let second = kinds.dropFirst().first.flatMap({ fields[$0] }) {
            second.refuse("a source is in one place", "make another source of it")
        }
        switch kind {
        case "dir": return directory(field)
        case "git": return git(field)
        case "oci": return artifact(field)
        case "store": return object(field, stores)
        default: return http(field, isVerified: isVerified)
        }
    }

    private static func directory(_ field: Field) -> NodeSource.Origin? {
        guard field.isMapping else { return field.absolutePath().map { .directory($0) } }
        guard let fields = Fields(field, .nodeDirectory) else { return nil }
        guard let path = fields["path"] else { return .directory(usualDirectory) }
        return path.absolutePath().map { .directory($0) }
    }

    private static func artifact(_ field: Field) -> NodeSource.Origin? {
        guard let fields = Fields(field, .nodeArtifact),
            let image = fields.required(
                "image",
                "add for example 'image: registry.example.net/ops/apps:main'"
            )
        else { return nil }
        let remedy = "write for example registry.example.net/ops/apps:main"
        return image.parsed("an image reference", remedy, ImageName.checked).map { .artifact($0) }
    }

    private static func http(_ field: Field, isVerified: Bool) -> NodeSource.Origin? {
        guard let fields = Fields(field, .nodeHTTP),
            let place = fields.required("url", "add for example 'url: https://config.example.net/app.yaml'"),
            let url = place.parsed(
                "the URL of a file",
                "write for example https://config.example.net/{node}/app.yaml",
                { isURL($0, ["https", "http"]) ? $0 : nil }
            )
        else { return nil }
        if url.hasPrefix("http:"), !isVerified {
            place.refuse("anyone on the way can change what comes by http", "use https, or add 'verify'")
        }
        var http = NodeSource.HTTP(url: url)
        http.auth = fields["auth"].flatMap(file)
        http.authorities = fields["ca"].flatMap(file)
        for word in ["auth", "ca"] where url.hasPrefix("http:") {
            fields[word]?.refuse("means nothing without TLS", "use https, or remove the key")
        }
        return .http(http)
    }

    /// `SCHEME://HOST[:PORT]/PATH` in printable ASCII, without a user name, a password or a fragment.
    static func isURL(_ text: String, _ schemes: [String]) -> Bool {
        guard text.utf8.count <= 2048, text.utf8.allSatisfy({ $0 > 0x20 && $0 < 0x7F && $0 != 0x5C }),
            !text.contains("#"), let scheme = schemes.first(where: { text.hasPrefix("\($0)://") })
        else { return false }
        let parts = text.dropFirst(scheme.count + 3).split(
            separator: "/",
            maxSplits: 1,
            omittingEmptySubsequences: false
        )
        return parts.count == 2 && !parts[1].isEmpty && RepositoryPrefixes.isHost(parts[0])
    }
}
