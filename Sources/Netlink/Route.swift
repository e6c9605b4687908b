// SPDX-License-Identifier: Apache-2.0

/// A route as the kernel lists it.
public struct Route: Hashable, Sendable {
    /// The destination; nil is the default route.
    public let destination: AddressPrefix?
    /// The next hop, if it is not on the link.
    public let gateway: IPAddress?
    /// The index of the outgoing interface.
    public let link: Int32?
    /// The routing table: 254 is main, 255 local.
    public let table: UInt32
    /// Whether it is an IPv4 route.
    public let isV4: Bool

    /// Reads the payload of an `RTM_NEWROUTE` message.
    init?(payload: ArraySlice<UInt8>) {
        guard payload.count >= 12, let family = payload.integer(at: 0, UInt8.self),
            let length = payload.integer(at: 1, UInt8.self), let table = payload.integer(at: 4, UInt8.self)
        else { return nil }
        let attributes = Attributes(payload.dropFirst(12))
        destination = attributes.bytes(Rtnetlink.RouteAttribute.destination).flatMap { IPAddress(bytes: $0) }
            .flatMap { AddressPrefix($0, length: Int(length)) }
        gateway = attributes.bytes(Rtnetlink.RouteAttribute.gateway).flatMap { IPAddress(bytes: $0) }
        link = attributes.word(Rtnetlink.RouteAttribute.outgoing).map { Int32(bitPattern: $0) }
        self.table = attributes.word(Rtnetlink.RouteAttribute.table) ?? UInt32(table)
        isV4 = family == IPAddress.v4(0).family
    }
}
