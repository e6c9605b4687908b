// SPDX-License-Identifier: Apache-2.0
public import Linux

/// The two sockets on which a network's names are asked for.
///
/// They can be parked with another process: queries that arrive meanwhile wait in them.
public struct NameSockets: Sendable {
    /// Bound to the gateway's address.
    public let udp: Descriptor
    /// Bound to the gateway's address, and listening.
    public let tcp: Descriptor

    /// Takes sockets that `NameServer.makeSockets` made, here or in an earlier process.
    public init(udp: Descriptor, tcp: Descriptor) {
        self.udp = udp
        self.tcp = tcp
    }
}
