// SPDX-License-Identifier: Apache-2.0

/// What an operator says about the repositories of one prefix: an item of `registries` in `node.yaml`.
public struct RegistrySettings: Equatable, Sendable {
    /// A file that only the agent reads.
    public enum File: Equatable, Sendable {
        /// A systemd credential, by its name: `cred:NAME`.
        case credential(String)
        /// An absolute path.
        case path(String)
    }

    /// How a registry is spoken to.
    public enum Security: String, Equatable, Sendable {
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
    /// User names and passwords, as `docker login` writes them; asked before all others.
    public var credentials: File?
    /// Certificates of the authorities that may vouch for it.
    public var authorities: File?
    /// How it is spoken to; a mirror's URL says it for itself, or the settings of its own host do.
    public var security = Security.verified
    /// Hosts besides its own that may see its user names and passwords, to give tokens for them.
    public var tokenHosts: [String] = []

    /// Says nothing about a prefix yet.
    public init(prefix: String) { self.prefix = prefix }
}
