// SPDX-License-Identifier: Apache-2.0

/// One address pool of a network.
public struct Subnet: Sendable, Equatable {
    /// The pool.
    public var prefix: IPPrefix
    /// The address of the bridge; nil means that the agent chooses.
    public var gateway: IPAddress?

    /// A pool with its gateway.
    public init(prefix: IPPrefix, gateway: IPAddress? = nil) {
        self.prefix = prefix
        self.gateway = gateway
    }
}
