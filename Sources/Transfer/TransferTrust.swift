// SPDX-License-Identifier: Apache-2.0

/// Which servers are believed to be who they say, and how we prove to them who we are.
public struct TransferTrust: Sendable, Hashable {
    /// Certificates of authorities as PEM, believed in place of the system's; nil is the system's.
    public var authorities: [UInt8]?
    /// Whether a certificate has to prove anything: false only where an operator named the server.
    public var isVerified: Bool

    /// What proves to the server who asks; nil is nothing.
    public var identity: Identity?

    /// A certificate and its key.
    public struct Identity: Sendable, Hashable {
        /// The certificate and those between it and an authority, as PEM.
        public var certificate: [UInt8]
        /// Its private key, as PEM and not encrypted.
        public var key: [UInt8]

        /// A certificate and its key, as PEM.
        public init(certificate: [UInt8], key: [UInt8]) {
            self.certificate = certificate
            self.key = key
        }
    }

    /// Trusts the authorities that are given, or the system's.
    public init(authorities: [UInt8]? = nil, isVerified: Bool = true, identity: Identity? = nil) {
        self.authorities = authorities
        self.isVerified = isVerified
        self.identity = identity
    }
}
