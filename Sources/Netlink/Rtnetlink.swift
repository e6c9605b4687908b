// SPDX-License-Identifier: Apache-2.0

/// Numbers of the rtnetlink protocol that this module speaks, see rtnetlink(7), linux/netlink.h,
/// linux/rtnetlink.h, linux/if_link.h and linux/if_addr.h.
///
/// The Glibc module imports none of them.
enum Rtnetlink {
    static let family: Int32 = 16  // AF_NETLINK
    static let route: Int32 = 0  // NETLINK_ROUTE
    static let netfilter: Int32 = 12  // NETLINK_NETFILTER
    static let optionLevel: Int32 = 270  // SOL_NETLINK
    static let capAck: Int32 = 10
    static let extendedAck: Int32 = 11
    static let strictCheck: Int32 = 12

    enum Message {
        static let error: UInt16 = 2
        static let done: UInt16 = 3
        static let newLink: UInt16 = 16
        static let deleteLink: UInt16 = 17
        static let getLink: UInt16 = 18
        static let setLink: UInt16 = 19
        static let newAddress: UInt16 = 20
        static let getAddress: UInt16 = 22
        static let newRoute: UInt16 = 24
        static let getRoute: UInt16 = 26
    }

    enum Flag {
        static let request: UInt16 = 0x1
        static let multi: UInt16 = 0x2
        static let acknowledge: UInt16 = 0x4
        static let interrupted: UInt16 = 0x10
        static let dump: UInt16 = 0x300
        static let exclusive: UInt16 = 0x200
        static let create: UInt16 = 0x400
        static let capped: UInt16 = 0x100
        static let extended: UInt16 = 0x200
    }

    enum LinkAttribute {
        static let address: UInt16 = 1
        static let name: UInt16 = 3
        static let mtu: UInt16 = 4
        static let master: UInt16 = 10
        static let info: UInt16 = 18
        static let alias: UInt16 = 20
        static let namespaceDescriptor: UInt16 = 28
        static let extensions: UInt16 = 29  // IFLA_EXT_MASK
        static let skipStatistics: UInt32 = 8  // RTEXT_FILTER_SKIP_STATS
        static let infoKind: UInt16 = 1
        static let infoData: UInt16 = 2
        static let infoPortKind: UInt16 = 4
        static let infoPortData: UInt16 = 5
        static let portHairpin: UInt16 = 4
        static let vethPeer: UInt16 = 1
    }

    enum AddressAttribute {
        static let address: UInt16 = 1
        static let local: UInt16 = 2
        static let flags: UInt16 = 8
        static let noDuplicateDetection: UInt32 = 0x02  // IFA_F_NODAD
    }

    enum RouteAttribute {
        static let destination: UInt16 = 1
        static let outgoing: UInt16 = 4
        static let gateway: UInt16 = 5
        static let table: UInt16 = 15
    }
}
