// SPDX-License-Identifier: Apache-2.0

/// Which servers are believed to be who they say.
public struct TransferTrust: Sendable, Hashable {
    /// Certificates of authorities as PEM, believed in place of the system's; nil is the system's.
    public var authorities: [UInt8]?
    /// Whether a certificate has to prove anything: false only where an operator named the server.
    public var isVerified: Bool

    /// Trusts the authorities that are given, or the system's.
    public init(authorities: [UInt8]? = nil, isVerified: Bool = true) {
        self.authorities = authorities
        self.isVerified = isVerified
    }
}
