// SPDX-License-Identifier: Apache-2.0

/// Why a secret cannot be had; says where it should be and never what it is.
public struct SecretFault: Error, Equatable, Sendable, CustomStringConvertible {
    /// For example `secret db: /etc/keys/db does not exist: put it on the node`.
    public let description: String

    init(_ name: String, _ what: String) { description = "secret \(name): \(what)" }
}
