// SPDX-License-Identifier: Apache-2.0
internal import Glibc
internal import Linux
internal import Netlink
internal import Testing

@testable internal import Networks

/// The server on real sockets in namespaces.
///
/// Needs root.
@Suite(.enabled(if: isRoot, "needs root")) struct NameServerTests {
    private func table(_ addresses: [IPAddress], _ network: Network) -> NameTable {
        NameTable(
            addresses.enumerated().map {
                NameTable.Entry(app: "clickme", service: "web", container: "web-\($0 + 1)", addresses: [$1])
            },
            subnets: [network.subnet]
        )
    }

    private func sockets(_ bench: Bench, _ network: Network) throws -> NameSockets {
        try bench.host.run { try NameServer.makeSockets(address: network.gateway) }
    }

    private func ask(
        _ space: NetworkNamespace,
        _ network: Network,
        _ name: String,
        _ type: UInt16 = RecordType.a,
        milliseconds: Int32 = 3_000
    ) throws -> (code: Int, truncated: Bool, addresses: [String])? {
        Ask.read(
            try Wire.ask(space, network.gateway, 53, Ask.packet(name, type), milliseconds: milliseconds)
        )
    }

    @Test func `containers find each other by name over UDP and TCP`() throws {
        let bench = try Bench()
        let network = try bench.ensure(NetworkSpec(app: "clickme", name: "default"))
        let web = try bench.container("web-1", on: network)
        let server = try NameServer(resolvers: [])
        defer { server.stop() }
        server.serve(
            "default",
            sockets: try sockets(bench, network),
            forwards: true,
            table: table([web.address], network)
        )
        #expect(try ask(web.namespace, network, "web")?.addresses == ["\(web.address)"])
        #expect(try ask(web.namespace, network, "WEB.clickme")?.addresses == ["\(web.address)"])
        // Two queries in one go over one connection.
        let connection = try #require(try Wire.connect(web.namespace, network.gateway, 53))
        try connection.write(StreamFrame.encode(Ask.packet("web")) + StreamFrame.encode(Ask.packet("web-1")))
        var frame = StreamFrame()
        var answers: [[UInt8]] = []
        while answers.count < 2, Wire.ready(connection, POLLIN, 1_000) {
            _ = frame.read(from: connection, limit: 65_535)
            while let answer = frame.next() { answers.append(answer) }
        }
        #expect(answers.compactMap { Ask.read($0)?.addresses } == [["\(web.address)"], ["\(web.address)"]])
        // Tables are replaced at once.
        let other = try Bench.address("10.77.9.9")
        server.update("default", table([other], network))
        #expect(try ask(web.namespace, network, "web")?.addresses == ["10.77.9.9"])
        #expect(try ask(web.namespace, network, "elsewhere.example")?.code == 2)
    }

    @Test func `a query asked while no agent runs is answered by the next one`() throws {
        let bench = try Bench()
        let network = try bench.ensure(NetworkSpec(app: "clickme", name: "default"))
        let web = try bench.container("web-1", on: network)
        let parked = try sockets(bench, network)
        let first = try NameServer(resolvers: [])
        first.serve("default", sockets: parked, forwards: true, table: table([web.address], network))
        #expect(try ask(web.namespace, network, "web") != nil)
        first.stop()
        let second = try KernelThread {
            usleep(400_000)
            guard let server = try? NameServer(resolvers: []) else { return }
            server.serve("default", sockets: parked, forwards: true, table: table([web.address], network))
            usleep(1_000_000)
        }
        #expect(try ask(web.namespace, network, "web", milliseconds: 2_000)?.addresses == ["\(web.address)"])
        second.join()
    }

    @Test func `other names go to the host's resolvers, but not from internal networks`() throws {
        let bench = try Bench()
        let network = try bench.ensure(NetworkSpec(app: "clickme", name: "default"))
        let closed = try bench.ensure(NetworkSpec(app: "clickme", name: "closed", isInternal: true))
        let web = try bench.container("web-1", on: network)
        let dark = try bench.container("dark-1", on: closed)
        // The resolver: this very server on the machine outside, which knows one name.
        let upstream = try NameServer(resolvers: [])
        defer { upstream.stop() }
        let entry = NameTable.Entry(
            app: "example",
            service: "www",
            container: "x",
            addresses: [Bench.outsideAddress]
        )
        upstream.serve(
            "up",
            sockets: try bench.outside.run { try NameServer.makeSockets(address: Bench.outsideAddress) },
            forwards: false,
            table: NameTable([entry])
        )
        let server = try bench.host.run {
            try NameServer(resolvers: [(address: Bench.outsideAddress, port: 53)])
        }
        defer { server.stop() }
        server.serve("default", sockets: try sockets(bench, network), forwards: true)
        server.serve("closed", sockets: try sockets(bench, closed), forwards: false)
        #expect(try ask(web.namespace, network, "www.example")?.addresses == ["\(Bench.outsideAddress)"])
        #expect(try ask(web.namespace, network, "no.example")?.code == 3)
        #expect(try ask(dark.namespace, closed, "www.example")?.code == 3)
        let connection = try #require(try Wire.connect(web.namespace, network.gateway, 53))
        try connection.write(StreamFrame.encode(Ask.packet("www.example")))
        var frame = StreamFrame()
        #expect(Wire.ready(connection, POLLIN, 2_000))
        _ = frame.read(from: connection, limit: 65_535)
        #expect(Ask.read(frame.next())?.addresses == ["\(Bench.outsideAddress)"])
    }

    @Test func `a resolver that is silent is passed over, and at the end the failure is told`() throws {
        let bench = try Bench()
        let network = try bench.ensure(NetworkSpec(app: "clickme", name: "default"))
        let web = try bench.container("web-1", on: network)
        let silent = try Wire.datagrams(bench.outside, Bench.outsideAddress, 5301)
        let upstream = try NameServer(resolvers: [])
        defer { upstream.stop() }
        let entry = NameTable.Entry(app: "example", service: "www", container: "x", addresses: [.v4(1)])
        upstream.serve(
            "up",
            sockets: try bench.outside.run {
                try NameServer.makeSockets(address: Bench.outsideAddress, port: 5302)
            },
            forwards: false,
            table: NameTable([entry])
        )
        for (ports, code) in [([5301, 5302], 0), ([5301], 2)] as [([UInt16], Int)] {
            let server = try bench.host.run {
                try NameServer(resolvers: ports.map { (address: Bench.outsideAddress, port: $0) })
            }
            server.serve("default", sockets: try sockets(bench, network), forwards: true)
            #expect(try ask(web.namespace, network, "www.example", milliseconds: 4_000)?.code == code)
            server.stop()
        }
        withExtendedLifetime(silent) {}
    }

    @Test func `a flood of one container leaves the names of another network alone`() throws {
        let bench = try Bench()
        let network = try bench.ensure(NetworkSpec(app: "clickme", name: "default"))
        let other = try bench.ensure(NetworkSpec(app: "other", name: "default"))
        let bad = try bench.container("bad-1", on: network)
        let good = try bench.container("good-1", on: other)
        let silent = try Wire.datagrams(bench.outside, Bench.outsideAddress, 5301)
        let server = try bench.host.run {
            try NameServer(resolvers: [(address: Bench.outsideAddress, port: 5301)])
        }
        defer { server.stop() }
        server.serve("a", sockets: try sockets(bench, network), forwards: true)
        server.serve(
            "b",
            sockets: try sockets(bench, other),
            forwards: true,
            table: table([good.address], other)
        )
        // Connections that say nothing, and more foreign names than may wait.
        var idle: [Descriptor] = []
        for _ in 0..<50 {
            if let one = try Wire.connect(bad.namespace, network.gateway, 53) { idle.append(one) }
        }
        try bad.namespace.run {
            let to = Endpoint(address: network.gateway, port: 53)
            let socket = try to.socket(SOCK_DGRAM)
            _ = to.withSocketAddress { connect(socket.number, $0, $1) }
            for number in 0..<2_000 {
                let packet = Ask.packet("x\(number).example")
                send(socket.number, packet, packet.count, 0)
            }
        }
        for _ in 0..<20 { #expect(try ask(good.namespace, other, "web")?.addresses == ["\(good.address)"]) }
        withExtendedLifetime((idle, silent)) {}
    }
}
