// SPDX-License-Identifier: Apache-2.0

extension NetlinkSocket {
    /// Lists the addresses of an interface, or of all for 0, both families.
    public func addresses(of index: Int32 = 0) throws(NetlinkError) -> [LinkAddress] {
        var message = NetlinkMessage(
            type: Rtnetlink.Message.getAddress,
            flags: Rtnetlink.Flag.request | Rtnetlink.Flag.dump
        )
        message.append(UInt32(0))  // struct ifaddrmsg: family, length, flags, scope
        message.append(index)
        return try dump(message, "list addresses").compactMap(LinkAddress.init(payload:))
    }

    /// Gives an interface an address; IPv6 ones are used at once, without duplicate detection.
    public func addAddress(_ prefix: AddressPrefix, to index: Int32) throws(NetlinkError) {
        try request(Self.addressMessage(prefix, index: index), "add address", "\(prefix) to link \(index)")
    }

    static func addressMessage(_ prefix: AddressPrefix, index: Int32) -> NetlinkMessage {
        var message = NetlinkMessage(
            type: Rtnetlink.Message.newAddress,
            flags: Rtnetlink.Flag.request | Rtnetlink.Flag.acknowledge | Rtnetlink.Flag.create
                | Rtnetlink.Flag.exclusive
        )
        message.append(prefix.address.family)
        message.append(UInt8(prefix.length))
        message.append(UInt16(0))  // flags, scope
        message.append(index)
        message.attribute(Rtnetlink.AddressAttribute.local, prefix.address.bytes)
        message.attribute(Rtnetlink.AddressAttribute.address, prefix.address.bytes)
        if !prefix.address.isV4 {
            message.attribute(
                Rtnetlink.AddressAttribute.flags,
                Rtnetlink.AddressAttribute.noDuplicateDetection
            )
        }
        return message
    }
}
