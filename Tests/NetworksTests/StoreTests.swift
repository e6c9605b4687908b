// SPDX-License-Identifier: Apache-2.0
internal import Glibc
internal import Linux
internal import Netlink
internal import Testing

@testable internal import Networks

private let any = IPAddress.v4(0)

/// What the store makes, finds again and takes away.
///
/// Needs root.
@Suite(.enabled(if: isRoot, "needs root")) struct StoreTests {
    @Test func `removal leaves links, routes and rules as they were`() throws {
        let bench = try Bench()
        // A neighbour's litter that looks like ours must stay.
        try bench.host.run {
            _ = Bench.output(
                """
                ip link add mt-00000001 type bridge; ip link set mt-00000001 alias martlet:other:clickme:default
                ip link add mt-00000002 type bridge; ip link add mv-00000003 type veth peer name mv-00000004
                nft 'add table inet martlet_00000001'
                nft 'add table inet martlet_00000002 { comment "martlet:other:a:b"; }'
                """
            )
        }
        let before = try bench.state()
        for round in 1...2 {
            let networks = try ["front", "back"].map {
                try bench.ensure(NetworkSpec(app: "clickme", name: $0, ipv6: $0 == "front"))
            }
            let containers = try networks.map { try bench.container("web-\(round)", on: $0) }
            try bench.publish(
                [PortMapping(hostPort: 8080, containerIP: containers[0].address, containerPort: 80)],
                on: networks[0]
            )
            #expect(try bench.state() != before)
            if round == 1 {
                try bench.withStore { store in
                    for network in networks { try store.remove(network) }
                }
            } else {
                try bench.withStore { try $0.removeAll() }
            }
            let changes = try bench.changes(since: before)
            #expect(changes == [])
            withExtendedLifetime(containers) {}
        }
    }

    @Test func `a new agent finds everything from the kernel's state`() throws {
        let bench = try Bench()
        let network = try bench.ensure(
            NetworkSpec(app: "clickme", name: "default", ipv6: true, allowsMetadata: true)
        )
        let web = try bench.container("web-1", on: network)
        let port = PortMapping(hostIP: any, hostPort: 8080, containerIP: web.address, containerPort: 80)
        try bench.publish([port], on: network)
        let state = try bench.state()
        // `withStore` opens a new store each time.
        let found = try #require(try bench.withStore { try $0.list() }.first)
        #expect(found.subnet == network.subnet && found.gateway == network.gateway)
        #expect(found.gateway6 == network.gateway6 && found.gateway6 != nil)
        #expect(found.allowsMetadata && !found.isInternal)
        #expect(found.attachments == [web.place])
        #expect(try bench.withStore { try $0.published(found) } == [port.host])
        // Asking again changes nothing, published ports included.
        for _ in 1...20 {
            #expect(
                try bench.ensure(
                    NetworkSpec(app: "clickme", name: "default", ipv6: true, allowsMetadata: true)
                )
                .bridge == network.bridge
            )
        }
        let changes = try bench.changes(since: state)
        #expect(changes == [])
        #expect(try NetworkStoreProbe.list(bench, owner: "someone-else").isEmpty)
    }

    @Test func `rules that were flushed are repaired`() throws {
        let bench = try Bench()
        let spec = NetworkSpec(app: "clickme", name: "default")
        let network = try bench.ensure(spec)
        let web = try bench.container("web-1", on: network)
        let listener = try Wire.listen(web.namespace, any, 80)
        #expect(try !Wire.reaches(bench.outside, web.address, 80, milliseconds: 700))
        try bench.host.run { _ = Bench.output("nft flush ruleset") }
        #expect(try Wire.reaches(bench.outside, web.address, 80))
        _ = try bench.ensure(spec)
        #expect(try !Wire.reaches(bench.outside, web.address, 80, milliseconds: 700))
        withExtendedLifetime(listener) {}
    }

    @Test func `a container that ends frees its address by itself`() throws {
        let bench = try Bench()
        let network = try bench.ensure(NetworkSpec(app: "clickme", name: "default"))
        var first: IPAddress?
        do {
            let web = try bench.container("web-1", on: network)
            first = web.address
        }
        // The kernel takes namespaces apart in the background.
        var left = 1
        for _ in 0..<100 where left > 0 {
            usleep(20_000)
            left = try bench.withStore { try $0.list() }.first?.attachments.count ?? 0
        }
        #expect(left == 0)
        #expect(try bench.container("web-2", on: network).address == first)
    }

    @Test func `addresses are given lowest first, until none is left`() throws {
        let bench = try Bench()
        let network = try bench.ensure(
            NetworkSpec(app: "clickme", name: "tiny", subnet: try Bench.prefix("172.30.0.0/29"))
        )
        #expect(network.gateway.description == "172.30.0.1")
        let fixed = try bench.container("db-1", on: network, address: try Bench.address("172.30.0.3"))
        let others = try (1...4).map { try bench.container("web-\($0)", on: network) }
        #expect(
            others.map(\.address.description) == ["172.30.0.2", "172.30.0.4", "172.30.0.5", "172.30.0.6"]
        )
        #expect(throws: NetworkError.self) { try bench.container("web-5", on: network) }
        let taken = #expect(throws: NetworkError.self) {
            try bench.container("web-6", on: network, address: fixed.address)
        }
        #expect(taken?.cause == "address 172.30.0.3 is in use by db-1")
        for wrong in ["172.30.0.0", "172.30.0.7", "172.30.0.1", "172.30.0.9", "fd00::1"] {
            #expect(throws: NetworkError.self) {
                try bench.container("web-7", on: network, address: try Bench.address(wrong))
            }
        }
        try bench.withStore { try $0.detach(fixed.place, from: network) }
        #expect(try bench.container("web-8", on: network).address == fixed.address)
    }

    @Test func `who comes back has its former address, or another where that was given away`() throws {
        let bench = try Bench()
        let network = try bench.ensure(
            NetworkSpec(app: "clickme", name: "tiny", subnet: try Bench.prefix("172.30.0.0/29"))
        )
        let all = try (1...2).map { try bench.container("web-\($0)", on: network) }
        func again(_ former: IPAddress) throws -> Bench.Container {
            try bench.container("web-2", on: network, former: former)
        }
        try bench.withStore { store in for one in all { try store.detach(one.place, from: network) } }
        // An address is free again soon after its container's namespace is gone: all of them stay.
        let former = try again(all[1].address)
        #expect(former.address == all[1].address)
        let other = try again(all[1].address)
        #expect(other.address == all[0].address)
        let stranger = try again(try Bench.address("172.30.9.9"))
        #expect(stranger.address.description == "172.30.0.4")
        withExtendedLifetime((former, other, stranger)) {}
    }

    @Test func `three hundred on a network of 256 stop at 253 and leak nothing`() throws {
        let bench = try Bench()
        let network = try bench.ensure(NetworkSpec(app: "clickme", name: "default"))
        var places: [Bench.Container] = []
        var refused = 0
        for number in 1...300 {
            do {
                places.append(try bench.container("web-\(number)", on: network))
            } catch is NetworkError {
                refused += 1
            }
        }
        #expect(places.count == 253 && refused == 47)
        #expect(Set(places.map(\.address)).count == 253)
        try bench.withStore { try $0.removeAll() }
        #expect(try bench.host.run { try NetlinkSocket().links().count { $0.kind == "veth" } } == 1)
    }

    @Test func `a container can be on several networks`() throws {
        let bench = try Bench()
        let front = try bench.ensure(NetworkSpec(app: "clickme", name: "front"))
        let back = try bench.ensure(NetworkSpec(app: "clickme", name: "back", isInternal: true))
        let web = try bench.container("web-1", on: front)
        let second = try bench.withStore {
            try $0.attach(
                back,
                namespace: web.namespace.descriptor.number,
                instance: "web-1",
                interface: "eth1",
                defaultRoute: false
            )
        }
        let db = try bench.container("db-1", on: back)
        let listener = try Wire.listen(db.namespace, any, 5432)
        #expect(try Wire.reaches(web.namespace, db.address, 5432))
        #expect(Wire.accept(listener)?.1 == second.ipv4)
        #expect(
            try web.namespace.run { try NetlinkSocket().routes().count { $0.isV4 && $0.destination == nil } }
                == 1
        )
        // A second interface of the same name is refused, and leaves nothing on the host.
        let before = try bench.state()
        #expect(throws: NetworkError.self) {
            try bench.withStore {
                try $0.attach(
                    back,
                    namespace: web.namespace.descriptor.number,
                    instance: "web-1",
                    interface: "eth1"
                )
            }
        }
        let changes = try bench.changes(since: before)
        #expect(changes == [])
    }

    @Test func `subnets do not overlap what the host routes`() throws {
        let bench = try Bench()
        let wanted = try Bench.prefix("198.51.100.128/25")
        let error = #expect(throws: NetworkError.self) {
            try bench.ensure(NetworkSpec(app: "clickme", name: "default", subnet: wanted))
        }
        #expect(error?.cause.contains("overlaps") == true)
        #expect(try bench.host.run { try NetlinkSocket().links().count { $0.kind == "bridge" } } == 0)
        let networks = try (1...8).map { try bench.ensure(NetworkSpec(app: "app-\($0)", name: "default")) }
        for (index, network) in networks.enumerated() {
            #expect(!networks[(index + 1)...].contains { $0.subnet.overlaps(network.subnet) })
        }
    }

    @Test func `a port in use is named, and nothing changes`() throws {
        let bench = try Bench()
        let network = try bench.ensure(NetworkSpec(app: "clickme", name: "default"))
        let other = try bench.ensure(NetworkSpec(app: "other", name: "default"))
        let closed = try bench.ensure(NetworkSpec(app: "other", name: "closed", isInternal: true))
        let web = try bench.container("web-1", on: network)
        let cron = try bench.container("cron-1", on: other)
        let dark = try bench.container("dark-1", on: closed)
        let listener = try Wire.listen(bench.host, any, 8080)
        let datagrams = try Wire.datagrams(bench.host, .v4(0x7f00_0001), 5140)
        try bench.publish(
            [PortMapping(hostIP: any, hostPort: 9090, containerIP: cron.address, containerPort: 80)],
            on: other
        )
        let state = try bench.state()
        func cause(_ mapping: PortMapping, _ network: Network) -> String {
            do {
                try bench.publish([mapping], on: network)
                return ""
            } catch {
                return "\(error)"
            }
        }
        let mapping = { (host: IPAddress, port: UInt16, kind: TransportProtocol) in
            PortMapping(
                hostIP: host,
                hostPort: port,
                containerIP: web.address,
                containerPort: 80,
                transport: kind
            )
        }
        #expect(
            cause(mapping(.v4(0x7f00_0001), 8080, .tcp), network)
                == "publish 127.0.0.1:8080/tcp: the port is in use by a process of this host: "
                + "stop it or publish another port"
        )
        #expect(cause(mapping(any, 5140, .udp), network).contains("0.0.0.0:5140/udp: the port is in use"))
        #expect(
            cause(mapping(.v4(0x7f00_0001), 9090, .tcp), network)
                == "publish 127.0.0.1:9090/tcp: network other/default of bench publishes 0.0.0.0:9090/tcp already"
        )
        #expect(
            cause(mapping(try Bench.address("203.0.113.9"), 80, .tcp), network).contains("has no address")
        )
        #expect(cause(mapping(any, 0, .tcp), network).contains("1 to 65535"))
        #expect(cause(mapping(any, 81, .tcp), other).contains("is not on network other/default"))
        #expect(
            cause(
                PortMapping(hostIP: any, hostPort: 81, containerIP: dark.address, containerPort: 80),
                closed
            ).contains("is internal")
        )
        let changes = try bench.changes(since: state)
        #expect(changes == [])
        // The same port for UDP and for TCP is no conflict.
        #expect(cause(mapping(any, 9090, .udp), network) == "")
        withExtendedLifetime((listener, datagrams)) {}
    }

    @Test(arguments: ["", "a b", "a:b", "a/b", "a\"b", "ä", "a\nb", String(repeating: "x", count: 128)])
    func `a name that could not be a label is refused`(_ name: String) throws {
        let bench = try Bench()
        #expect(throws: NetworkError.self) { try bench.ensure(NetworkSpec(app: name, name: "default")) }
        #expect(throws: NetworkError.self) { try bench.ensure(NetworkSpec(app: "clickme", name: name)) }
        #expect(throws: NetworkError.self) { try bench.host.run { _ = try NetworkStore(owner: name) } }
    }
}

private enum NetworkStoreProbe {
    static func list(_ bench: Bench, owner: String) throws -> [Network] {
        try bench.host.run { try NetworkStore(owner: owner).list() }
    }
}
