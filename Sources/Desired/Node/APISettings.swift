// SPDX-License-Identifier: Apache-2.0

/// Where the API is, and who may use it: the section `api` of `node.yaml`.
public struct APISettings: Equatable, Sendable {
    /// What a caller may do; each may what those before it may.
    public enum Role: String, CaseIterable, Comparable, Sendable {
        /// Be told.
        case read
        /// Change what runs: desired states, containers, snapshots.
        case deploy
        /// Everything: also run commands in containers, and see the audit.
        case admin

        /// By how much one may do.
        public static func < (one: Role, other: Role) -> Bool { one.rank < other.rank }

        private var rank: Int { Role.allCases.firstIndex(of: self) ?? 0 }
    }

    /// What the subject of a client's certificate must have: `CN=ci` or `OU=ops`.
    public struct Subject: Hashable, Sendable, CustomStringConvertible {
        /// Which attribute (RFC 4519).
        public enum Attribute: String, CaseIterable, Sendable {
            /// `CN`.
            case commonName = "CN"
            /// `OU`.
            case organizationalUnit = "OU"
        }

        /// Which attribute.
        public var attribute: Attribute
        /// Its value, compared to the letter.
        public var value: String

        /// An attribute and its value.
        public init(_ attribute: Attribute, _ value: String) {
            self.attribute = attribute
            self.value = value
        }

        /// `CN=ci`.
        public var description: String { "\(attribute.rawValue)=\(value)" }
    }

    /// What the node proves itself with, and who vouches for its clients; each a file of PEM.
    public struct TLS: Equatable, Sendable {
        /// The node's certificate, with those between it and its authority.
        public var certificate: RegistrySettings.File
        /// Its private key.
        public var key: RegistrySettings.File
        /// The authorities of clients' certificates; nil takes none.
        public var clientAuthority: RegistrySettings.File?
        /// The revocation lists (RFC 5280, section 5) of those authorities; nil means that none is asked.
        public var revocations: RegistrySettings.File?

        /// What a node proves itself with.
        public init(certificate: RegistrySettings.File, key: RegistrySettings.File) {
            self.certificate = certificate
            self.key = key
        }
    }

    /// An address that is listened on, always by TLS.
    public struct Listener: Equatable, Sendable {
        /// An IP address.
        public var address: IPAddress
        /// A port.
        public var port: UInt16
        /// What it proves itself with.
        public var tls: TLS
    }

    /// The unix socket; nil is `martlet.sock` in the runtime folder.
    public var socket: String?
    /// The group whose members may open the socket, and may be told.
    public var group: String?
    /// Where others than this host's may come from; nil is nowhere.
    public var listener: Listener?
    /// The file of tokens; nil takes none.
    public var tokens: RegistrySettings.File?
    /// Whose certificate gives which role.
    public var roles: [Role: [Subject]] = [:]

    /// Who must have signed what is pushed: a name under `trust.signers`; nil takes what comes.
    public var verify: String?

    /// A node that only its own host may ask.
    public init() {}
}
