// SPDX-License-Identifier: Apache-2.0

extension NetlinkSocket {
    /// Lists the routes of all tables, both families.
    public func routes() throws(NetlinkError) -> [Route] {
        var routes: [Route] = []
        for family in [IPAddress.v4(0).family, IPAddress.v6(0, 0).family] {
            var message = NetlinkMessage(
                type: Rtnetlink.Message.getRoute,
                flags: Rtnetlink.Flag.request | Rtnetlink.Flag.dump
            )
            message.append(family)
            message.bytesOfRoute()
            routes += try dump(message, "list routes").compactMap(Route.init(payload:))
        }
        return routes
    }

    /// Adds the default route of the gateway's family.
    public func addDefaultRoute(via gateway: IPAddress, on index: Int32) throws(NetlinkError) {
        try request(
            Self.defaultRouteMessage(via: gateway, index: index),
            "add default route",
            "via \(gateway)"
        )
    }

    static func defaultRouteMessage(via gateway: IPAddress, index: Int32) -> NetlinkMessage {
        var message = NetlinkMessage(
            type: Rtnetlink.Message.newRoute,
            flags: Rtnetlink.Flag.request | Rtnetlink.Flag.acknowledge | Rtnetlink.Flag.create
                | Rtnetlink.Flag.exclusive
        )
        message.append(gateway.family)
        // Main table (254), protocol static (4), scope universe (0), type unicast (1).
        message.bytesOfRoute(table: 254, protocol: 4, type: 1)
        message.attribute(Rtnetlink.RouteAttribute.gateway, gateway.bytes)
        message.attribute(Rtnetlink.RouteAttribute.outgoing, UInt32(bitPattern: index))
        return message
    }
}

extension NetlinkMessage {
    /// The rest of `struct rtmsg` after its family byte.
    fileprivate mutating func bytesOfRoute(table: UInt8 = 0, protocol: UInt8 = 0, type: UInt8 = 0) {
        for byte in [0, 0, 0, table, `protocol`, 0, type] as [UInt8] { append(byte) }
        append(UInt32(0))
    }
}
