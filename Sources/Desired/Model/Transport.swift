// SPDX-License-Identifier: Apache-2.0

/// The protocol of a published port.
public enum Transport: String, Sendable, Equatable, Hashable {
    /// Streams.
    case tcp
    /// Datagrams.
    case udp
}
