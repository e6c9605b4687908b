// SPDX-License-Identifier: Apache-2.0

/// A transport protocol whose ports can be published.
public enum TransportProtocol: String, Hashable, Sendable, CaseIterable {
    /// TCP.
    case tcp
    /// UDP.
    case udp
}
