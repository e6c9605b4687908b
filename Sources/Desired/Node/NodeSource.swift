// SPDX-License-Identifier: Apache-2.0

/// A place that desired states come from by themselves: an item of `sources` in `node.yaml`.
public struct NodeSource: Equatable, Sendable {
    /// What it is.
    public enum Origin: Equatable, Sendable {
        /// A directory of this node, by its absolute path; each Compose file in it is an app.
        case directory(String)
        /// One Compose file of a server.
        case http(HTTP)
        /// An OCI artifact, by its reference; each Compose file in it is an app.
        case artifact(String)
        /// One Compose file that is an object of a store under `stores`; `{node}` in its key stands for the node's name.
        case object(store: String, key: String)
        /// A directory of a git repository; each Compose file in it is an app.
        case git(Git)
    }

    /// A branch or a tag of a repository.
    public struct Git: Equatable, Sendable {
        /// Its URL, of the scheme `https`, `ssh` or `file`.
        public var url: String
        /// The full name of the branch or the tag.
        public var ref = "refs/heads/main"
        /// The directory in the repository; empty is the topmost.
        public var path = ""
        /// Holds the value of `Authorization`; for `https`.
        public var auth: RegistrySettings.File?
        /// Certificates of the authorities that may vouch for the server, in place of the system's; for `https`.
        public var authorities: RegistrySettings.File?
        /// The private key that we log in with; for `ssh`.
        public var key: RegistrySettings.File?
        /// The path of the file with the keys of servers, as ssh(1) has it; for `ssh`.
        public var knownHosts: String?

        /// The branch `main` of a repository.
        public init(url: String) { self.url = url }
    }

    /// A file that a server has.
    public struct HTTP: Equatable, Sendable {
        /// Its URL; `{node}` stands for the node's name.
        public var url: String
        /// Holds the value of `Authorization`.
        public var auth: RegistrySettings.File?
        /// Certificates of the authorities that may vouch for the server, in place of the system's.
        public var authorities: RegistrySettings.File?

        /// A file without more to say about it.
        public init(url: String) { self.url = url }
    }

    /// A source of this name may not be: it is what an app that was pushed comes from.
    public static let push = "push"

    /// What `status` calls it, and what its apps belong to.
    public var name: String
    /// What it is.
    public var origin: Origin
    /// Whether others may go on, and take apps down, while it cannot be read.
    public var isOptional = false
    /// Who must have signed: a name under `trust.signers`; nil takes what comes.
    public var verify: String?
    /// How often it is read, also if nothing tells of a change.
    public var every: Duration = .seconds(60)
    /// Up to how much later, by chance: nodes do not come all at once.
    public var jitter: Duration = .seconds(10)
    /// Whether it may take its last app down.
    public var allowsEmpty = false

    /// Holds the secret of those who may have it read at once; nil means that nobody may.
    public var hook: RegistrySettings.File?

    /// A source without more to say about it.
    public init(name: String, origin: Origin) {
        self.name = name
        self.origin = origin
    }
}
