// SPDX-License-Identifier: Apache-2.0
internal import Glibc

private let create =
    Rtnetlink.Flag.request | Rtnetlink.Flag.acknowledge | Rtnetlink.Flag.create | Rtnetlink.Flag.exclusive
private let change = Rtnetlink.Flag.request | Rtnetlink.Flag.acknowledge

extension NetlinkSocket {
    /// Lists all interfaces, or those of a kind, such as `bridge`: the kernel leaves out the others.
    public func links(kind: String? = nil) throws(NetlinkError) -> [Link] {
        var message = NetlinkMessage(
            type: Rtnetlink.Message.getLink,
            flags: Rtnetlink.Flag.request | Rtnetlink.Flag.dump
        )
        message.linkHeader()
        message.attribute(Rtnetlink.LinkAttribute.extensions, Rtnetlink.LinkAttribute.skipStatistics)
        if let kind {
            message.nested(Rtnetlink.LinkAttribute.info) {
                $0.attribute(Rtnetlink.LinkAttribute.infoKind, kind)
            }
        }
        let links = try dump(message, "list links").compactMap(Link.init(payload:))
        // A kernel that does not know the kind, as its module is not loaded, lists all.
        return kind.map { kind in links.filter { $0.kind == kind } } ?? links
    }

    /// The interface of that name, or nil.
    public func link(named name: String) throws(NetlinkError) -> Link? {
        var message = NetlinkMessage(
            type: Rtnetlink.Message.getLink,
            flags: Rtnetlink.Flag.request | Rtnetlink.Flag.acknowledge
        )
        message.linkHeader()
        message.attribute(Rtnetlink.LinkAttribute.name, name)
        do {
            return try read(message, "find link", name).first.flatMap(Link.init(payload:))
        } catch  where error.errno == ENODEV {
            return nil
        }
    }

    /// Makes a bridge, which is down and has no address yet; one of that name is `EEXIST`.
    public func createBridge(_ name: String, mac: MACAddress? = nil, mtu: UInt32? = nil) throws(NetlinkError)
    {
        try request(Self.bridgeMessage(name, mac: mac, mtu: mtu), "create bridge", name)
    }

    /// Makes a veth pair: this end here, a port of `master` if given, the other in its namespace.
    public func createVeth(
        _ name: String,
        master: Int32?,
        mtu: UInt32?,
        peer: VethPeer
    ) throws(NetlinkError) {
        try request(Self.vethMessage(name, master: master, mtu: mtu, peer: peer), "create veth", name)
    }

    /// Sets an interface up.
    public func setUp(_ index: Int32) throws(NetlinkError) {
        var message = NetlinkMessage(type: Rtnetlink.Message.setLink, flags: change)
        message.linkHeader(index: index, flags: 1, change: 1)
        try request(message, "set up", "link \(index)")
    }

    /// Makes an interface a port of a bridge; 0 releases it.
    public func setMaster(_ index: Int32, _ master: Int32) throws(NetlinkError) {
        var message = NetlinkMessage(type: Rtnetlink.Message.setLink, flags: change)
        message.linkHeader(index: index)
        message.attribute(Rtnetlink.LinkAttribute.master, UInt32(bitPattern: master))
        try request(message, "set master", "link \(index)")
    }

    /// Lets a bridge send a port its own frames back: a container may call itself by a published port.
    public func setHairpin(_ index: Int32) throws(NetlinkError) {
        var message = NetlinkMessage(type: Rtnetlink.Message.newLink, flags: change)
        message.linkHeader(index: index)
        message.nested(Rtnetlink.LinkAttribute.info) {
            $0.attribute(Rtnetlink.LinkAttribute.infoPortKind, "bridge")
            $0.nested(Rtnetlink.LinkAttribute.infoPortData) {
                $0.attribute(Rtnetlink.LinkAttribute.portHairpin, [1])
            }
        }
        try request(message, "set hairpin", "link \(index)")
    }

    /// Sets the free text of an interface, at most 255 bytes.
    public func setAlias(_ index: Int32, _ alias: String) throws(NetlinkError) {
        guard alias.utf8.count < 256 else {
            throw NetlinkError("set alias", alias, errno: EINVAL, detail: "longer than 255 bytes")
        }
        var message = NetlinkMessage(type: Rtnetlink.Message.setLink, flags: change)
        message.linkHeader(index: index)
        message.attribute(Rtnetlink.LinkAttribute.alias, alias)
        try request(message, "set alias", "link \(index)")
    }

    /// Removes an interface; of a veth pair both ends go.
    ///
    /// One that is gone is as good: the kernel removes a container's end, and with it the pair, when the
    /// namespace ends.
    public func deleteLink(_ index: Int32) throws(NetlinkError) {
        var message = NetlinkMessage(type: Rtnetlink.Message.deleteLink, flags: change)
        message.linkHeader(index: index)
        do throws(NetlinkError) {
            try request(message, "delete", "link \(index)")
        } catch {
            guard error.errno == ENODEV else { throw error }
        }
    }

    static func bridgeMessage(_ name: String, mac: MACAddress?, mtu: UInt32?) -> NetlinkMessage {
        var message = NetlinkMessage(type: Rtnetlink.Message.newLink, flags: create)
        message.linkHeader()
        message.attribute(Rtnetlink.LinkAttribute.name, name)
        if let mac { message.attribute(Rtnetlink.LinkAttribute.address, mac.bytes) }
        if let mtu { message.attribute(Rtnetlink.LinkAttribute.mtu, mtu) }
        message.nested(Rtnetlink.LinkAttribute.info) {
            $0.attribute(Rtnetlink.LinkAttribute.infoKind, "bridge")
        }
        return message
    }

    static func vethMessage(_ name: String, master: Int32?, mtu: UInt32?, peer: VethPeer) -> NetlinkMessage {
        var message = NetlinkMessage(type: Rtnetlink.Message.newLink, flags: create)
        message.linkHeader()
        message.attribute(Rtnetlink.LinkAttribute.name, name)
        if let mtu { message.attribute(Rtnetlink.LinkAttribute.mtu, mtu) }
        if let master { message.attribute(Rtnetlink.LinkAttribute.master, UInt32(bitPattern: master)) }
        message.nested(Rtnetlink.LinkAttribute.info) {
            $0.attribute(Rtnetlink.LinkAttribute.infoKind, "veth")
            $0.nested(Rtnetlink.LinkAttribute.infoData) {
                $0.nested(Rtnetlink.LinkAttribute.vethPeer) {
                    $0.linkHeader()
                    $0.attribute(Rtnetlink.LinkAttribute.name, peer.name)
                    $0.attribute(Rtnetlink.LinkAttribute.address, peer.mac.bytes)
                    if let mtu { $0.attribute(Rtnetlink.LinkAttribute.mtu, mtu) }
                    $0.attribute(
                        Rtnetlink.LinkAttribute.namespaceDescriptor,
                        UInt32(bitPattern: peer.namespace)
                    )
                }
            }
        }
        return message
    }
}
