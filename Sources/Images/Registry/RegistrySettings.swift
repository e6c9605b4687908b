// SPDX-License-Identifier: Apache-2.0

/// What an operator says about the repositories of one prefix.
public struct RegistrySettings: Sendable, Hashable {
    /// How its registry is spoken to.
    public enum Security: String, Sendable, Hashable, CaseIterable {
        /// TLS, and the certificate has to be right.
        case verified
        /// TLS with any certificate.
        case unverified
        /// No TLS.
        case http
    }

    /// A registry, or a registry and the start of a path: `docker.io`, `registry.test:5000/team`.
    public var prefix: String
    /// URLs that are asked first, in order; a repository's path is put behind the URL's own.
    public var mirrors: [String] = []
    /// Whether the registry itself is asked after its mirrors.
    public var fallsBack = true
    /// A file with user names and passwords, as `docker login` writes it; it is asked before all others.
    public var credentials: String?
    /// A file with the certificates of the authorities that may vouch for the registry.
    public var authorities: String?
    /// How the registry is spoken to; a mirror's URL says it for itself, or the settings of its own host do.
    public var security = Security.verified
    /// Hosts besides the registry's own that may see its user names and passwords, to give tokens for them.
    public var tokenHosts: Set<String> = []

    /// Settings for a prefix, which change nothing yet.
    public init(prefix: String) { self.prefix = prefix }

    /// Whether a repository is below the prefix.
    func covers(_ name: String) -> Bool { name == prefix || name.hasPrefix(prefix + "/") }
}
