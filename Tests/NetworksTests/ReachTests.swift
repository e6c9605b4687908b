// SPDX-License-Identifier: Apache-2.0
internal import Glibc
internal import Linux
internal import Netlink
internal import Synchronization
internal import Testing

@testable internal import Networks

private let any = IPAddress.v4(0)
private let loopback = IPAddress.v4(0x7f00_0001)

/// Who reaches whom.
///
/// Needs root. Every test runs with and without bridged frames passing the IP hooks.
@Suite(.enabled(if: isRoot, "needs root")) struct ReachTests {
    @Test(arguments: ["0", "1"]) func `containers of one network reach each other and the gateway`(
        bridgeFilter: String
    ) throws {
        let bench = try Bench(bridgeFilter: bridgeFilter)
        let network = try bench.ensure(NetworkSpec(app: "clickme", name: "default"))
        let web = try bench.container("web-1", on: network)
        let db = try bench.container("db-1", on: network)
        let listener = try Wire.listen(db.namespace, any, 5432)
        #expect(try Wire.reaches(web.namespace, db.address, 5432))
        #expect(Wire.accept(listener)?.1 == web.address)
        let gateway = try Wire.listen(bench.host, network.gateway, 5300)
        #expect(try Wire.reaches(web.namespace, network.gateway, 5300))
        #expect(Wire.accept(gateway)?.1 == web.address)
    }

    @Test(arguments: ["0", "1"]) func `a container reaches the outside as the host`(bridgeFilter: String)
        throws
    {
        let bench = try Bench(bridgeFilter: bridgeFilter)
        let network = try bench.ensure(NetworkSpec(app: "clickme", name: "default"))
        let web = try bench.container("web-1", on: network)
        let listener = try Wire.listen(bench.outside, any, 80)
        #expect(try Wire.reaches(web.namespace, Bench.outsideAddress, 80))
        #expect(Wire.accept(listener)?.1 == Bench.hostAddress)
    }

    @Test(arguments: ["0", "1"]) func `an internal network has no way out and nothing comes in`(
        bridgeFilter: String
    ) throws {
        let bench = try Bench(bridgeFilter: bridgeFilter)
        let network = try bench.ensure(NetworkSpec(app: "clickme", name: "back", isInternal: true))
        // The other one makes the host forward.
        _ = try bench.ensure(NetworkSpec(app: "clickme", name: "front"))
        let db = try bench.container("db-1", on: network)
        let peer = try bench.container("db-2", on: network)
        let far = try Wire.listen(bench.outside, any, 80)
        let near = try Wire.listen(db.namespace, any, 5432)
        let host = try Wire.listen(bench.host, any, 80)
        #expect(try Wire.reaches(peer.namespace, db.address, 5432))
        #expect(try !Wire.reaches(db.namespace, Bench.outsideAddress, 80, milliseconds: 700))
        // Even with a route of its own making.
        try db.namespace.run {
            let socket = try NetlinkSocket()
            try socket.addDefaultRoute(via: network.gateway, on: try Bench.find("eth0", socket).index)
        }
        #expect(try !Wire.reaches(db.namespace, Bench.outsideAddress, 80, milliseconds: 700))
        #expect(try !Wire.reaches(db.namespace, Bench.hostAddress, 80, milliseconds: 700))
        #expect(try !Wire.reaches(bench.outside, db.address, 5432, milliseconds: 700))
        withExtendedLifetime((far, near, host)) {}
    }

    @Test(arguments: ["0", "1"])
    func `networks are apart, and from outside only what is published is reached`(
        bridgeFilter: String
    ) throws {
        let bench = try Bench(bridgeFilter: bridgeFilter)
        let front = try bench.ensure(NetworkSpec(app: "clickme", name: "front"))
        let back = try bench.ensure(NetworkSpec(app: "other", name: "default"))
        let web = try bench.container("web-1", on: front)
        let db = try bench.container("db-1", on: back)
        let listener = try Wire.listen(db.namespace, any, 5432)
        let names = try Wire.listen(bench.host, back.gateway, 5300)
        #expect(try Wire.reaches(db.namespace, back.gateway, 5300))
        #expect(try Wire.reaches(bench.host, back.gateway, 5300))
        #expect(try !Wire.reaches(web.namespace, back.gateway, 5300, milliseconds: 700))
        #expect(try !Wire.reaches(bench.outside, back.gateway, 5300, milliseconds: 700))
        #expect(try !Wire.reaches(web.namespace, db.address, 5432, milliseconds: 700))
        #expect(try !Wire.reaches(bench.outside, db.address, 5432, milliseconds: 700))
        #expect(try Wire.reaches(bench.host, db.address, 5432))
        withExtendedLifetime((listener, names)) {}
    }

    @Test(arguments: ["0", "1"]) func `a published port is reached from everywhere it should be`(
        bridgeFilter: String
    ) throws {
        let bench = try Bench(bridgeFilter: bridgeFilter)
        let network = try bench.ensure(NetworkSpec(app: "clickme", name: "default"))
        let other = try bench.ensure(NetworkSpec(app: "other", name: "default"))
        let web = try bench.container("web-1", on: network)
        let friend = try bench.container("web-2", on: network)
        let stranger = try bench.container("cron-1", on: other)
        try bench.publish(
            [PortMapping(hostIP: any, hostPort: 8080, containerIP: web.address, containerPort: 80)],
            on: network
        )
        let listener = try Wire.listen(web.namespace, any, 80)
        let table: [(NetworkNamespace, IPAddress, IPAddress)] = [
            (bench.outside, Bench.hostAddress, Bench.outsideAddress),  // the client's address is kept
            (bench.host, loopback, network.gateway),  // from loopback it is the gateway's
            (bench.host, Bench.hostAddress, Bench.hostAddress),
            (friend.namespace, Bench.hostAddress, network.gateway),  // hairpin
            (web.namespace, Bench.hostAddress, network.gateway),  // hairpin to itself
            (stranger.namespace, Bench.hostAddress, other.gateway),
        ]
        for (from, to, seen) in table {
            #expect(try Wire.reaches(from, to, 8080), "\(to) seen as \(seen)")
            let client = Wire.accept(listener)?.1
            if seen == other.gateway {
                #expect(client == stranger.address || client == network.gateway || client == other.gateway)
            } else {
                #expect(client == seen)
            }
        }
        try bench.publish([], on: network)
        #expect(try !Wire.reaches(bench.outside, Bench.hostAddress, 8080, milliseconds: 700))
        #expect(try !Wire.reaches(bench.host, loopback, 8080, milliseconds: 700))
    }

    @Test func `a port on loopback is for the host alone`() throws {
        let bench = try Bench()
        let network = try bench.ensure(NetworkSpec(app: "clickme", name: "default"))
        let web = try bench.container("web-1", on: network)
        try bench.publish(
            [PortMapping(hostPort: 8080, containerIP: web.address, containerPort: 80)],
            on: network
        )
        let listener = try Wire.listen(web.namespace, any, 80)
        #expect(try Wire.reaches(bench.host, loopback, 8080))
        #expect(try !Wire.reaches(bench.host, Bench.hostAddress, 8080, milliseconds: 700))
        #expect(try !Wire.reaches(bench.outside, Bench.hostAddress, 8080, milliseconds: 700))
        withExtendedLifetime(listener) {}
    }

    @Test func `nothing on a wire reaches a listener on 127.0.0.1`() throws {
        let bench = try Bench()
        let network = try bench.ensure(NetworkSpec(app: "clickme", name: "default"))
        let web = try bench.container("web-1", on: network)
        let listener = try Wire.listen(bench.host, loopback, 6379)
        #expect(try Wire.reaches(bench.host, loopback, 6379))
        #expect(Wire.accept(listener) != nil)
        // As root of its namespace a neighbour can send there, CVE-2020-8558.
        for (space, gateway) in [(web.namespace, network.gateway), (bench.outside, Bench.hostAddress)] {
            try space.run {
                try Sysctl.write("ipv4/conf/all/route_localnet", "1")
                _ = Bench.output("ip addr del 127.0.0.1/8 dev lo; ip route add 127.0.0.1 via \(gateway)")
            }
            #expect(try !Wire.reaches(space, loopback, 6379, milliseconds: 700))
        }
        #expect(Wire.accept(listener) == nil)
    }

    @Test func `a published UDP port answers from the address that was asked`() throws {
        let bench = try Bench()
        let network = try bench.ensure(NetworkSpec(app: "clickme", name: "default"))
        let web = try bench.container("web-1", on: network)
        try bench.publish(
            [
                PortMapping(
                    hostIP: any,
                    hostPort: 5140,
                    containerIP: web.address,
                    containerPort: 514,
                    transport: .udp
                )
            ],
            on: network
        )
        let server = try Wire.datagrams(web.namespace, any, 514)
        for (space, to, seen) in [
            (bench.outside, Bench.hostAddress, Bench.outsideAddress), (bench.host, loopback, network.gateway),
        ] {
            let echo = try Echo(server)
            #expect(try Wire.ask(space, to, 5140, [1, 2, 3]) == [1, 2, 3])
            #expect(echo.client() == seen)
        }
    }

    @Test func `a UDP sender that never pauses follows the port to the next container`() throws {
        let bench = try Bench()
        let network = try bench.ensure(NetworkSpec(app: "clickme", name: "default"))
        let old = try bench.container("log-1", on: network)
        let new = try bench.container("log-2", on: network)
        let servers = try [old, new].map { try Wire.datagrams($0.namespace, any, 514) }
        let sender = try bench.outside.run {
            let to = Endpoint(address: Bench.hostAddress, port: 5140)
            let socket = try to.socket(SOCK_DGRAM)
            _ = to.withSocketAddress { connect(socket.number, $0, $1) }
            return socket
        }
        // Before the port is published at all, the flow leads to the host itself.
        send(sender.number, [0 as UInt8], 1, 0)
        for (container, server) in zip([old, new], servers) {
            try bench.publish(
                [
                    PortMapping(
                        hostIP: any,
                        hostPort: 5140,
                        containerIP: container.address,
                        containerPort: 514,
                        transport: .udp
                    )
                ],
                on: network
            )
            // The refusal of the first one may still wait in the socket.
            for _ in 1...2 { send(sender.number, [1 as UInt8], 1, 0) }
            #expect(Wire.echo(server) == Bench.outsideAddress)
        }
    }

    @Test func `replicas share a port`() throws {
        let bench = try Bench()
        let network = try bench.ensure(NetworkSpec(app: "clickme", name: "default"))
        let replicas = try (1...3).map { try bench.container("web-\($0)", on: network) }
        let listeners = try replicas.map { try Wire.listen($0.namespace, any, 80) }
        try bench.publish(
            replicas.map {
                PortMapping(hostIP: any, hostPort: 8080, containerIP: $0.address, containerPort: 80)
            },
            on: network
        )
        for _ in 1...9 { #expect(try Wire.reaches(bench.outside, Bench.hostAddress, 8080)) }
        for listener in listeners {
            for _ in 1...3 { #expect(Wire.accept(listener) != nil) }
        }
    }

    @Test func `IPv6 works inside, outwards and for published ports`() throws {
        let bench = try Bench()
        let network = try bench.ensure(NetworkSpec(app: "clickme", name: "default", ipv6: true))
        let web = try bench.container("web-1", on: network)
        let db = try bench.container("db-1", on: network)
        let address = try #require(db.place.ipv6)
        let everywhere = IPAddress.v6(0, 0)
        let inner = try Wire.listen(db.namespace, everywhere, 5432)
        #expect(try Wire.reaches(web.namespace, address, 5432))
        #expect(Wire.accept(inner)?.1 == web.place.ipv6)
        let outer = try Wire.listen(bench.outside, everywhere, 80)
        // The wire's own addresses may still be under duplicate detection.
        var reached = false
        for _ in 1...8 where !reached {
            reached = try Wire.reaches(web.namespace, try Bench.address("fd99::2"), 80)
        }
        #expect(reached)
        #expect(Wire.accept(outer)?.1 == (try Bench.address("fd99::1")))
        try bench.publish(
            [PortMapping(hostIP: everywhere, hostPort: 8080, containerIP: address, containerPort: 5432)],
            on: network
        )
        #expect(try Wire.reaches(bench.outside, try Bench.address("fd99::1"), 8080))
        #expect(Wire.accept(inner)?.1 == (try Bench.address("fd99::2")))
    }

    @Test func `the metadata service is out of reach unless allowed`() throws {
        let bench = try Bench()
        let metadata = IPAddress.v4(0xa9fe_a9fe)
        let denied = try bench.ensure(NetworkSpec(app: "clickme", name: "default"))
        let allowed = try bench.ensure(NetworkSpec(app: "cloud", name: "default", allowsMetadata: true))
        let web = try bench.container("web-1", on: denied)
        let agent = try bench.container("agent-1", on: allowed)
        try bench.outside.run {
            _ = Bench.output("ip addr add 169.254.169.254/32 dev lo")
        }
        try bench.host.run { _ = Bench.output("ip route add 169.254.169.254 via 198.51.100.2") }
        let listener = try Wire.listen(bench.outside, metadata, 80)
        #expect(try !Wire.reaches(web.namespace, metadata, 80, milliseconds: 700))
        #expect(try Wire.reaches(agent.namespace, metadata, 80))
        withExtendedLifetime(listener) {}
    }

    @Test(arguments: ["0", "1"]) func `a container cannot speak as another`(bridgeFilter: String) throws {
        let bench = try Bench(bridgeFilter: bridgeFilter)
        let network = try bench.ensure(NetworkSpec(app: "clickme", name: "default"))
        let thief = try bench.container("thief-1", on: network)
        let db = try bench.container("db-1", on: network)
        let server = try Wire.datagrams(db.namespace, any, 514)
        #expect(try Wire.ask(thief.namespace, db.address, 514, [1], milliseconds: 1) == nil)
        #expect(Wire.echo(server) == thief.address)
        let tricks = [
            "ip addr flush dev eth0; ip addr add 10.77.255.99/8 dev eth0",
            "ip addr flush dev eth0; ip addr add \(network.subnet.host(200).map { "\($0)" } ?? "")/24 dev eth0",
            "ip link set eth0 address 02:4d:00:00:00:01",
        ]
        for trick in tricks {
            let other = try bench.container("liar-\(trick.utf8.count)", on: network)
            try other.namespace.run { _ = Bench.output(trick) }
            _ = try Wire.ask(other.namespace, db.address, 514, [2], milliseconds: 300)
            #expect(!Wire.ready(server, POLLIN, 100), "\(trick)")
        }
    }

    @Test(arguments: ["0", "1"]) func `forged neighbours and routers are not heard`(bridgeFilter: String)
        throws
    {
        let bench = try Bench(bridgeFilter: bridgeFilter)
        let network = try bench.ensure(NetworkSpec(app: "clickme", name: "default", ipv6: true))
        let thief = try bench.container("thief-1", on: network)
        let victim = try bench.container("db-1", on: network)
        let mac = thief.place.mac
        let heard = try Frames(victim.namespace, "eth0", type: 0x0806)
        let mouth = try Frames(thief.namespace, "eth0", type: 0x0806)
        let honest = Frames.announcement(of: thief.address, at: mac, from: mac)
        try mouth.send(Frames.announcement(of: network.gateway, at: mac, from: mac))
        try mouth.send(Frames.announcement(of: victim.address, at: mac, from: mac))
        try mouth.send(Frames.announcement(of: thief.address, at: victim.place.mac, from: mac))
        try mouth.send(Frames.announcement(of: thief.address, at: mac, from: victim.place.mac))
        try mouth.send(honest)
        #expect(try heard.collect(milliseconds: 300).filter { $0[21] == 2 } == [honest])
        let heard6 = try Frames(victim.namespace, "eth0", type: 0x86dd)
        try Frames(thief.namespace, "eth0", type: 0x86dd).send(Frames.advertisement(from: mac))
        #expect(try heard6.collect(milliseconds: 300).allSatisfy { $0.count > 54 && $0[54] != 134 })
    }
}

/// Answers one datagram on a thread of its own.
private struct Echo {
    private let box = Box()
    private let thread: KernelThread

    init(_ socket: Descriptor) throws {
        let box = box
        thread = try KernelThread { box.client.withLock { $0 = Wire.echo(socket) } }
    }

    func client() -> IPAddress? {
        thread.join()
        return box.client.withLock { $0 }
    }

    private final class Box: Sendable {
        let client = Mutex<IPAddress?>(nil)
    }
}
