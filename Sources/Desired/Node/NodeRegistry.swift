// SPDX-License-Identifier: Apache-2.0

/// What `node.yaml` says about the image repositories of one prefix.
public struct NodeRegistry: Equatable, Sendable {
    /// A file that only the agent reads.
    public enum File: Equatable, Sendable {
        /// A systemd credential, by its name: `cred:NAME`.
        case credential(String)
        /// An absolute path.
        case path(String)
    }

    /// What a registry may be spared.
    public enum Weakness: String, Equatable, Sendable {
        /// TLS at all.
        case http
        /// A certificate that proves something.
        case unverified
    }

    /// A registry, or a registry and the start of a path.
    public var prefix: String
    /// URLs that are asked first, in order.
    public var mirrors: [String] = []
    /// Whether the registry itself is asked after its mirrors.
    public var fallsBack = true
    /// User names and passwords, as `docker login` writes them.
    public var auth: File?
    /// Certificates of the authorities that may vouch for it.
    public var authorities: File?
    /// What it is spared; nil is nothing.
    public var weakness: Weakness?
    /// Hosts besides its own that may see its user names and passwords.
    public var tokenHosts: [String] = []

    /// Says nothing about a prefix yet.
    public init(prefix: String) { self.prefix = prefix }
}
