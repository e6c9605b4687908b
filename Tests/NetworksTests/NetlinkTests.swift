// SPDX-License-Identifier: Apache-2.0
internal import Glibc
internal import Linux
internal import Testing

@testable internal import Netlink
@testable internal import Networks

/// Encodings as annotated bytes (little endian), and the kernel's own answers.
@Suite struct NetlinkTests {
    @Test func `a bridge request is these bytes`() {
        let message = NetlinkSocket.bridgeMessage("mt-1", mac: nil, mtu: 1400)
        let expected =
            "44000000" + "1000" + "0506" + "07000000" + "00000000"  // length, type, flags, sequence, port
            + "00000000" + "00000000" + "00000000" + "00000000"  // ifinfomsg
            + "0900" + "0300" + "6d742d3100" + "000000"  // IFNAME, padded
            + "0800" + "0400" + "78050000"  // MTU
            + "1000" + "1200" + "0b00" + "0100" + "62726964676500" + "00"  // LINKINFO { KIND }
        #expect(hex(message.encoded(sequence: 7)) == expected)
    }

    @Test func `a veth request makes its peer in the other namespace`() throws {
        let mac = try #require(MACAddress("02:4d:0a:4d:00:02"))
        let peer = VethPeer(name: "eth0", namespace: 9, mac: mac)
        let message = NetlinkSocket.vethMessage("mv-1", master: 5, mtu: nil, peer: peer)
        let expected =
            "7c000000" + "1000" + "0506" + "01000000" + "00000000"
            + "00000000" + "00000000" + "00000000" + "00000000"
            + "0900" + "0300" + "6d762d3100" + "000000"
            + "0800" + "0a00" + "05000000"  // MASTER
            + "4800" + "1200"  // LINKINFO
            + "0900" + "0100" + "7665746800" + "000000"  // KIND veth
            + "3800" + "0200"  // DATA
            + "3400" + "0100"  // PEER
            + "00000000" + "00000000" + "00000000" + "00000000"  // its ifinfomsg
            + "0900" + "0300" + "6574683000" + "000000"  // IFNAME
            + "0a00" + "0100" + "024d0a4d0002" + "0000"  // ADDRESS
            + "0800" + "1c00" + "09000000"  // NET_NS_FD
        #expect(hex(message.encoded(sequence: 1)) == expected)
    }

    @Test func `an address request carries the address in network order`() throws {
        let prefix = try #require(AddressPrefix("10.77.1.1/24"))
        let expected =
            "28000000" + "1400" + "0506" + "01000000" + "00000000"
            + "02" + "18" + "00" + "00" + "03000000"  // family, length, flags, scope, index
            + "0800" + "0200" + "0a4d0101" + "0800" + "0100" + "0a4d0101"
        #expect(hex(NetlinkSocket.addressMessage(prefix, index: 3).encoded(sequence: 1)) == expected)
    }

    @Test func `a default route request has a gateway and an interface`() throws {
        let gateway = try #require(IPAddress("10.77.1.1"))
        let expected =
            "2c000000" + "1800" + "0506" + "01000000" + "00000000"
            + "02" + "00" + "00" + "00" + "fe" + "04" + "00" + "01" + "00000000"
            + "0800" + "0500" + "0a4d0101" + "0800" + "0400" + "02000000"
        #expect(
            hex(NetlinkSocket.defaultRouteMessage(via: gateway, index: 2).encoded(sequence: 1)) == expected
        )
    }

    @Test func `a message that grows too long is marked, not sent`() {
        var message = NetlinkMessage(type: 16, flags: 0)
        for _ in 0..<20 { message.attribute(1, [UInt8](repeating: 0, count: 1_000)) }
        #expect(message.oversized && message.bytes.count <= NetlinkMessage.limit)
    }

    @Test func `answers that are cut short or random never crash`() {
        var random = SystemRandomNumberGenerator()
        for _ in 0..<1_000 {
            let bytes = (0..<Int.random(in: 0...200, using: &random)).map { _ in UInt8.random(in: 0...255) }
            var answer = NetlinkAnswer(sequence: 1)
            answer.take(bytes)
            _ = Link(payload: bytes[...])
            _ = LinkAddress(payload: bytes[...])
            _ = Route(payload: bytes[...])
        }
        var answer = NetlinkAnswer(sequence: 1)
        answer.take([1, 0, 0])
        #expect(answer.complete && answer.errno == EBADMSG)
    }

    @Test(.enabled(if: isRoot, "needs root")) func `the kernel's reason comes with a refusal`() throws {
        let space = try NetworkNamespace.create()
        try space.run {
            let socket = try NetlinkSocket()
            let error = #expect(throws: NetlinkError.self) {
                try socket.createBridge("a-name-of-more-than-15")
            }
            #expect(error?.errno == ERANGE || error?.errno == EINVAL)
            #expect(error?.detail?.isEmpty == false)
            #expect(error?.description.hasPrefix("create bridge a-name-of-more-than-15: ") == true)
        }
    }

    @Test(.enabled(if: isRoot, "needs root")) func `a long list arrives in parts and whole`() throws {
        let space = try NetworkNamespace.create()
        try space.run {
            let socket = try NetlinkSocket()
            for number in 0..<200 { try socket.createBridge("br\(number)") }
            let links = try socket.links()
            #expect(links.count { $0.kind == "bridge" } == 200)
            let first = try #require(links.first { $0.name == "br0" })
            try socket.setAlias(first.index, "martlet:test")
            #expect(try socket.link(named: "br0")?.alias == "martlet:test")
            try socket.deleteLink(first.index)
            #expect(try socket.link(named: "br0") == nil)
        }
    }

    @Test(arguments: [
        ("10.77.3.9/24", "10.77.3.0/24", "10.77.3.255"), ("10.0.0.0/8", "10.0.0.0/8", "10.255.255.255"),
        ("0.0.0.0/0", "0.0.0.0/0", "255.255.255.255"),
        ("fd00:1::5/64", "fd00:1::/64", "fd00:1::ffff:ffff:ffff:ffff"),
        ("192.0.2.1/32", "192.0.2.1/32", "192.0.2.1"),
    ]) func `a prefix knows its network and its last address`(_ row: (String, String, String)) throws {
        let prefix = try #require(AddressPrefix(row.0))
        #expect(prefix.network.description == row.1)
        #expect(prefix.last.description == row.2)
        #expect(prefix.contains(prefix.last) && prefix.overlaps(prefix.network))
    }

    @Test(arguments: [
        "", "10.0.0.1", "10.0.0.1/33", "10.0.0.1/-1", "10.0.0/8", "fd00::/129", "x/8", "1.2.3.4/5/6",
    ])
    func `what is no prefix is refused`(_ text: String) {
        #expect(AddressPrefix(text) == nil)
    }

    private func hex(_ bytes: [UInt8]) -> String {
        bytes.map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined()
    }
}
