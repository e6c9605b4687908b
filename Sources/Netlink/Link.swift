// SPDX-License-Identifier: Apache-2.0

/// A network interface as the kernel lists it.
public struct Link: Hashable, Sendable {
    /// The interface index.
    public let index: Int32
    /// The interface name.
    public let name: String
    /// The free text set on it (`ifalias`), empty if none.
    public let alias: String
    /// The driver kind, for example `bridge` or `veth`; nil for hardware.
    public let kind: String?
    /// The index of the bridge it is a port of.
    public let master: Int32?
    /// Its hardware address, if it has one of six bytes.
    public let mac: MACAddress?
    /// Whether it is administratively up.
    public let isUp: Bool
    /// The largest packet it carries.
    public let mtu: UInt32

    /// Reads the payload of an `RTM_NEWLINK` message.
    init?(payload: ArraySlice<UInt8>) {
        guard let index = payload.integer(at: 4, Int32.self), let flags = payload.integer(at: 8, UInt32.self),
            payload.count >= 16
        else { return nil }
        let attributes = Attributes(payload.dropFirst(16))
        self.index = index
        name = attributes.string(Rtnetlink.LinkAttribute.name) ?? ""
        alias = attributes.string(Rtnetlink.LinkAttribute.alias) ?? ""
        kind = attributes.nested(Rtnetlink.LinkAttribute.info)?.string(Rtnetlink.LinkAttribute.infoKind)
        master = attributes.word(Rtnetlink.LinkAttribute.master).map { Int32(bitPattern: $0) }
        mac = attributes.bytes(Rtnetlink.LinkAttribute.address).flatMap { MACAddress(bytes: $0) }
        isUp = flags & 1 != 0
        mtu = attributes.word(Rtnetlink.LinkAttribute.mtu) ?? 0
    }
}
