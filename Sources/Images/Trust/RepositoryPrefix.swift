// SPDX-License-Identifier: Apache-2.0

/// A part of a registry that a rule or settings are for: `registry.test`, `registry.test/team`, `docker.io/library/`.
///
/// It covers the repository of that name and those below it; one that ends with a slash only those below it.
struct RepositoryPrefix: Hashable, Sendable {
    let text: String

    init(_ text: String) { self.text = Self.normal(text) }

    func covers(_ reference: Reference) -> Bool { covers(name: reference.name) }

    /// The same for `REGISTRY/REPOSITORY`, or a registry alone.
    func covers(name: String) -> Bool {
        let name = Self.normal(name)
        guard !text.hasSuffix("/") else { return name.utf8.starts(with: text.utf8) }
        return name == text || name.utf8.starts(with: (text + "/").utf8)
    }

    /// A registry has several spellings, and what is said of one of them is for all: letters of any case, and the port
    /// that HTTPS has anyway.
    private static func normal(_ text: String) -> String {
        var registry = text.prefix { $0 != "/" }.lowercased()
        let rest = text.drop { $0 != "/" }
        if let colon = registry.lastIndex(of: ":"),
            let port = UInt16(registry[registry.index(after: colon)...])
        {
            registry = String(registry[..<colon]) + (port == 443 ? "" : ":\(port)")
        }
        return (registry == "index.docker.io" ? "docker.io" : registry) + rest
    }
}
