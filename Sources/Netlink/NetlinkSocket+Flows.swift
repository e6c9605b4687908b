// SPDX-License-Identifier: Apache-2.0
internal import Glibc

/// Numbers of nfnetlink: subsystem 1 is connection tracking.
private let getFlow: UInt16 = 0x101
private let deleteFlow: UInt16 = 0x102

extension NetlinkSocket {
    /// A socket to the packet filter's side of netlink, for flows, in the namespace of the calling thread.
    public static func netfilter() throws(NetlinkError) -> NetlinkSocket {
        try NetlinkSocket(protocol: Rtnetlink.netfilter)
    }

    /// Lists the tracked flows of a family; the socket must be a `netfilter` one.
    public func flows(v4: Bool) throws(NetlinkError) -> [Flow] {
        var message = NetlinkMessage(type: getFlow, flags: Rtnetlink.Flag.request | Rtnetlink.Flag.dump)
        message.netfilterHeader(v4: v4)
        return try dump(message, "list flows").compactMap(Flow.init(payload:))
    }

    /// Forgets a flow, so that its next packet meets the rules again; one that has ended is no error.
    public func forget(_ flow: Flow) throws(NetlinkError) {
        var message = NetlinkMessage(
            type: deleteFlow,
            flags: Rtnetlink.Flag.request | Rtnetlink.Flag.acknowledge
        )
        message.netfilterHeader(v4: flow.destination.isV4)
        message.attribute(Flow.originalTuple | 0x8000, flow.tuple)  // NLA_F_NESTED
        do {
            try request(message, "forget flow", "to \(flow.destination) port \(flow.destinationPort)")
        } catch  where error.errno == ENOENT {
            return
        }
    }
}

extension NetlinkMessage {
    /// `struct nfgenmsg`: family, version 0, resource 0.
    fileprivate mutating func netfilterHeader(v4: Bool) {
        append(v4 ? IPAddress.v4(0).family : IPAddress.v6(0, 0).family)
        append(UInt8(0))
        append(UInt16(0))
    }
}
