// SPDX-License-Identifier: Apache-2.0

/// The form of a prefix of repositories, which names its registry in full, and of the hosts in it.
enum RepositoryPrefixes {
    private static let maximumBytes = 255

    /// Reads `REGISTRY[/PATH][/]`.
    static func read(_ field: Field) -> String? {
        field.parsed(
            "a prefix of repositories",
            "write the registry too, as registry.example.net/team/ or docker.io/library/redis",
            checked
        )
    }

    /// The prefix, or nil if it is none.
    private static func checked(_ text: String) -> String? {
        var parts = text.split(separator: "/", omittingEmptySubsequences: false)[...]
        guard text.utf8.count <= maximumBytes, let registry = parts.popFirst(), isRegistry(registry) else {
            return nil
        }
        if parts.last?.isEmpty == true { parts.removeLast() }
        return parts.allSatisfy(isRepositoryPart) ? text : nil
    }

    /// A host that cannot be taken for the start of a path in Docker's own registry.
    private static func isRegistry(_ text: Substring) -> Bool {
        isHost(text) && (text == "localhost" || text.utf8.contains { ".:".utf8.contains($0) })
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
        return Names.domain(String(host)) != nil
    }

    private static func isRepositoryPart(_ text: Substring) -> Bool {
        guard let first = text.utf8.first, let last = text.utf8.last else { return false }
        let isWord = { (byte: UInt8) in Characters.isLower(byte) || Characters.isDigit(byte) }
        return isWord(first) && isWord(last)
            && text.utf8.allSatisfy { isWord($0) || "._-".utf8.contains($0) }
    }

    /// Two prefixes are the same that differ in how the registry is spelled: its case, or the port of HTTPS.
    static func normal(_ prefix: String) -> String {
        var registry = prefix.prefix { $0 != "/" }.lowercased()
        if registry.hasSuffix(":443") { registry.removeLast(4) }
        return (registry == "index.docker.io" ? "docker.io" : registry) + prefix.drop { $0 != "/" }
    }
}
