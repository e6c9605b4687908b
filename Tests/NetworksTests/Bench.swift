// SPDX-License-Identifier: Apache-2.0
internal import Glibc
internal import Linux
internal import Netlink

@testable internal import Networks

/// A host of its own for one test: fresh network namespaces, which end with their descriptors.
///
/// Nothing of the machine's own network is touched.
struct Bench: Sendable {
    let host: NetworkNamespace
    /// A machine outside, 198.51.100.2, on a wire to the host's `up0`, 198.51.100.1; it routes to the host.
    let outside: NetworkNamespace
    let owner = "bench"

    static let hostAddress = IPAddress.v4(0xc633_6401)
    static let outsideAddress = IPAddress.v4(0xc633_6402)

    init(bridgeFilter: String = "1") throws {
        host = try NetworkNamespace.create()
        outside = try NetworkNamespace.create()
        let far = outside.descriptor
        try host.run {
            try Sysctl.write("bridge/bridge-nf-call-iptables", bridgeFilter)
            try Sysctl.write("bridge/bridge-nf-call-ip6tables", bridgeFilter)
            let socket = try NetlinkSocket()
            try socket.setUp(try Bench.find("lo", socket).index)
            try socket.createVeth(
                "up0",
                master: nil,
                mtu: nil,
                peer: VethPeer(name: "eth0", namespace: far.number, mac: MACAddress(for: 0xc633_6402))
            )
            let up = try Bench.find("up0", socket)
            try socket.addAddress(try Bench.prefix("198.51.100.1/24"), to: up.index)
            try socket.addAddress(try Bench.prefix("fd99::1/64"), to: up.index)
            try socket.setUp(up.index)
        }
        try outside.run {
            let socket = try NetlinkSocket()
            try socket.setUp(try Bench.find("lo", socket).index)
            let wire = try Bench.find("eth0", socket)
            try socket.addAddress(try Bench.prefix("198.51.100.2/24"), to: wire.index)
            try socket.addAddress(try Bench.prefix("fd99::2/64"), to: wire.index)
            try socket.setUp(wire.index)
            try socket.addDefaultRoute(via: Bench.hostAddress, on: wire.index)
        }
    }

    /// A container: a namespace and its place on a network.
    struct Container: Sendable {
        let namespace: NetworkNamespace
        let place: Attachment
        var address: IPAddress { place.ipv4 }
    }

    /// Runs `body` on the host with a store of this bench's owner.
    func withStore<Value: Sendable>(_ body: @escaping @Sendable (NetworkStore) throws -> Value) throws
        -> Value
    {
        let owner = owner
        return try host.run { try body(try NetworkStore(owner: owner)) }
    }

    func ensure(_ spec: NetworkSpec) throws -> Network {
        try withStore { try $0.ensure(spec) }
    }

    func container(
        _ instance: String,
        on network: Network,
        address: IPAddress? = nil,
        former: IPAddress? = nil
    ) throws -> Container {
        let namespace = try NetworkNamespace.create()
        let place = try withStore {
            try $0.attach(
                network,
                namespace: namespace.descriptor.number,
                instance: instance,
                address: address,
                former: former
            )
        }
        return Container(namespace: namespace, place: place)
    }

    func publish(_ mappings: [PortMapping], on network: Network) throws {
        try withStore { try $0.publish(mappings, on: network) }
    }

    /// What the host's kernel holds, as the usual commands print it, in lines without order; the lower
    /// state of links, which the kernel settles later, and counters are left out.
    func state() throws -> [String] {
        try host.run {
            Bench.output("ip -o link; ip -o address; ip route; ip -6 route; nft -s list ruleset")
                .replacing(" state UP ", with: " ").replacing(" state DOWN ", with: " ")
                .replacing(" state UNKNOWN ", with: " ")
                .replacing("LOWER_UP", with: "").replacing("NO-CARRIER", with: "")
                .split(separator: "\n").map { String($0) }.sorted()
        }
    }

    /// The lines that came and went since.
    func changes(since before: [String]) throws -> [String] {
        try state().difference(from: before).map {
            switch $0 {
            case .insert(_, let line, _): "+ \(line)"
            case .remove(_, let line, _): "- \(line)"
            }
        }
    }

    /// What a command prints when run in the namespace of the calling thread.
    static func output(_ command: String) -> String {
        guard let pipe = popen(command + " 2>&1", "r") else { return "" }
        defer { pclose(pipe) }
        var bytes: [UInt8] = []
        while case let byte = getc(pipe), byte >= 0 { bytes.append(UInt8(byte)) }
        return String(decoding: bytes, as: UTF8.self)
    }

    static func find(_ name: String, _ socket: NetlinkSocket) throws -> Link {
        guard let link = try socket.link(named: name) else { throw NetworkError("find", name, "missing") }
        return link
    }

    static func prefix(_ text: String) throws -> AddressPrefix {
        guard let prefix = AddressPrefix(text) else { throw NetworkError("parse", text, "not a prefix") }
        return prefix
    }

    static func address(_ text: String) throws -> IPAddress {
        guard let address = IPAddress(text) else { throw NetworkError("parse", text, "not an address") }
        return address
    }
}

let isRoot = geteuid() == 0
