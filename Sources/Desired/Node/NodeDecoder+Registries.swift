// SPDX-License-Identifier: Apache-2.0

extension NodeDecoder {
    private static let maximumRegistries = 100

    /// The section `registries`.
    static func registries(_ field: Field) -> [RegistrySettings] {
        let items = field.items()
        guard items.count <= maximumRegistries else {
            field.refuse("more than \(maximumRegistries) registries", "remove some")
            return []
        }
        var registries: [RegistrySettings] = []
        for item in items {
            guard let registry = registry(item) else { continue }
            let normal = RepositoryPrefixes.normal(registry.prefix)
            if registries.contains(where: { RepositoryPrefixes.normal($0.prefix) == normal }) {
                item.refuse("\(Characters.quoted(registry.prefix)) is there twice", "put them together")
            }
            registries.append(registry)
        }
        return registries
    }

    private static func registry(_ field: Field) -> RegistrySettings? {
        guard let fields = Fields(field, .nodeRegistry) else { return nil }
        let prefix = fields.required("prefix", "add for example 'prefix: registry.example.net'")
            .flatMap(RepositoryPrefixes.read)
        var registry = RegistrySettings(prefix: prefix ?? "")
        registry.mirrors = fields["mirrors"]?.items().compactMap(mirror) ?? []
        registry.fallsBack = fields["fallback"]?.bool() ?? true
        registry.credentials = fields["auth"].flatMap(file)
        registry.authorities = fields["ca"].flatMap(file)
        registry.security =
            fields["insecure"]?.parsed("a way to be insecure", "use http or unverified") {
                $0 == "verified" ? nil : RegistrySettings.Security(rawValue: $0)
            } ?? .verified
        registry.tokenHosts =
            fields["token_hosts"]?.items().compactMap { item in
                item.parsed("a host", "write for example auth.example.net or auth.example.net:8443") {
                    RepositoryPrefixes.isHost($0[...]) ? $0.lowercased() : nil
                }
            } ?? []
        if let fallback = fields["fallback"], !registry.fallsBack, registry.mirrors.isEmpty {
            fallback.refuse("nothing would be asked: there are no mirrors", "add mirrors, or remove the key")
        }
        return prefix == nil ? nil : registry
    }

    private static func mirror(_ field: Field) -> String? {
        field.parsed("a mirror", "write for example https://mirror.example.net") { text in
            let schemes = ["https://", "http://"]
            guard let scheme = schemes.first(where: text.hasPrefix) else { return nil }
            let parts = text.dropFirst(scheme.count).split(separator: "/", omittingEmptySubsequences: false)
            let isPlain = parts.dropFirst().allSatisfy {
                Characters.isName(String($0), and: "._-") || $0.isEmpty
            }
            return RepositoryPrefixes.isHost(parts[0]) && isPlain ? text : nil
        }
    }

    static func file(_ field: Field) -> RegistrySettings.File? {
        guard let text = field.scalar?.text, text.hasPrefix("cred:") else {
            return field.absolutePath().map { .path($0) }
        }
        let name = String(text.dropFirst("cred:".count))
        guard Names.isCredential(name) else {
            field.refuse("\(Characters.quoted(name)) is not the name of a systemd credential")
            return nil
        }
        return .credential(name)
    }
}
