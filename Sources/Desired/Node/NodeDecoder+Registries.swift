// SPDX-License-Identifier: Apache-2.0

extension NodeDecoder {
    private static let maximumRegistries = 100

    /// The section `registries`.
    static func registries(_ field: Field) -> [NodeRegistry] {
        let items = field.items()
        guard items.count <= maximumRegistries else {
            field.refuse("more than \(maximumRegistries) registries", "remove some")
            return []
        }
        var registries: [NodeRegistry] = []
        for item in items {
            guard let registry = registry(item) else { continue }
            if registries.contains(where: { $0.prefix == registry.prefix }) {
                item.refuse("\(Characters.quoted(registry.prefix)) is there twice", "put them together")
            }
            registries.append(registry)
        }
        return registries
    }

    private static func registry(_ field: Field) -> NodeRegistry? {
        guard let fields = Fields(field, .nodeRegistry) else { return nil }
        let prefix = fields.required("prefix", "add for example 'prefix: registry.example.net'")?
            .parsed("a registry, with or without the start of a path", "write for example docker.io") {
                isPrefix($0) ? $0 : nil
            }
        var registry = NodeRegistry(prefix: prefix ?? "")
        registry.mirrors = fields["mirrors"]?.items().compactMap(mirror) ?? []
        registry.fallsBack = fields["fallback"]?.bool() ?? true
        registry.auth = fields["auth"].flatMap(file)
        registry.authorities = fields["ca"].flatMap(file)
        registry.weakness = fields["insecure"]?.parsed("a way to be insecure", "use http or unverified") {
            NodeRegistry.Weakness(rawValue: $0)
        }
        registry.tokenHosts =
            fields["token_hosts"]?.items().compactMap { item in
                item.parsed("a host", "write for example auth.example.net or auth.example.net:8443") {
                    isHost($0[...]) ? $0 : nil
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
            return isHost(parts[0]) && isPlain ? text : nil
        }
    }

    static func file(_ field: Field) -> NodeRegistry.File? {
        guard let text = field.scalar?.text, text.hasPrefix("cred:") else {
            return field.absolutePath().map { .path($0) }
        }
        let name = String(text.dropFirst("cred:".count))
        guard Characters.isName(name, and: "._-"), name != ".", name != ".." else {
            field.refuse("\(Characters.quoted(name)) is not the name of a systemd credential")
            return nil
        }
        return .credential(name)
    }

    private static func isPrefix(_ text: String) -> Bool {
        let parts = text.split(separator: "/", omittingEmptySubsequences: false)
        return isHost(parts[0])
            && parts.dropFirst().allSatisfy {
                Characters.isName(String($0), and: "._-") && $0 == $0.lowercased()
            }
    }

    /// `NAME`, `ADDRESS` or `[ADDRESS]`, with or without a port.
    static func isHost(_ text: Substring) -> Bool {
        var host = text
        if let colon = host.lastIndex(of: ":"), !host.hasSuffix("]") {
            guard let port = UInt16(digits: host[host.index(after: colon)...]), port > 0 else { return false }
            host = host[..<colon]
        }
        if host.hasPrefix("["), host.hasSuffix("]") {
            return IPAddress(String(host.dropFirst().dropLast())) != nil
        }
        return host == host.lowercased() && Names.domain(String(host)) != nil
    }
}
