// SPDX-License-Identifier: Apache-2.0

/// A tracked flow of packets as the kernel's connection tracking lists it (ctnetlink, nfnetlink_conntrack.h).
public struct Flow: Sendable {
    /// The IP protocol number: 6 is TCP, 17 UDP.
    public let protocolNumber: UInt8
    /// Where the first packet was sent.
    public let destination: IPAddress
    /// The port that it was sent to.
    public let destinationPort: UInt16
    /// Who answers: another address than `destination` if the flow is translated.
    public let responder: IPAddress

    /// The attribute that names the flow, as received.
    let tuple: [UInt8]

    static let originalTuple: UInt16 = 1
    private static let replyTuple: UInt16 = 2
    private static let addresses: UInt16 = 1
    private static let ports: UInt16 = 2

    /// Reads the payload of a listed flow, `struct nfgenmsg` first.
    init?(payload: ArraySlice<UInt8>) {
        let attributes = Attributes(payload.dropFirst(4))
        guard let original = attributes.nested(Flow.originalTuple),
            let reply = attributes.nested(Flow.replyTuple),
            let ports = original.nested(Flow.ports), let number = ports.bytes(1)?.first,
            let port = ports.bytes(3), port.count == 2,
            let destination = original.nested(Flow.addresses).flatMap({ $0.bytes(2) ?? $0.bytes(4) }),
            let responder = reply.nested(Flow.addresses).flatMap({ $0.bytes(1) ?? $0.bytes(3) }),
            let to = IPAddress(bytes: destination), let from = IPAddress(bytes: responder),
            let tuple = attributes.bytes(Flow.originalTuple)
        else { return nil }
        protocolNumber = number
        destinationPort = port.reduce(0) { $0 << 8 | UInt16($1) }
        self.destination = to
        self.responder = from
        self.tuple = Array(tuple)
    }
}
