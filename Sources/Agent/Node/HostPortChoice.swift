// SPDX-License-Identifier: Apache-2.0
internal import Desired
internal import Glibc
internal import Linux
internal import Netlink
internal import Networks

/// The host port of a published port: the one that the file names, or a free one of its range, or any.
enum HostPortChoice {
    /// A port for each of a container's, in their order.
    ///
    /// `taken` is what is published or promised to others: no socket is bound to it, so bind(2) does not see it.
    static func ports(for wanted: [Port], beside taken: [HostPort]) throws -> [UInt16] {
        // What the file names goes to that, wherever it stands in the list.
        var taken = taken + wanted.compactMap { port in port.named.map { port.host($0) } }
        return try wanted.map { port in
            let number = try port.named ?? choose(for: port, beside: taken)
            taken.append(port.host(number))
            return number
        }
    }

    private static func choose(for wanted: Port, beside taken: [HostPort]) throws -> UInt16 {
        func isFree(_ number: UInt16) -> Bool {
            !taken.contains { $0.collides(with: wanted.host(number)) }
        }
        guard let range = wanted.published else {
            for _ in 0..<100 {
                let number = try bound(0, wanted)
                if isFree(number) { return number }
            }
            throw AgentError("publish", "port \(wanted.target)", "the host has no free port: name one")
        }
        for candidate in range where isFree(candidate) {
            do throws(LinuxError) {
                return try bound(candidate, wanted)
            } catch {
                guard error.errno == EADDRINUSE else { throw error }
            }
        }
        throw AgentError(
            "publish",
            "port \(wanted.target)",
            "every port of \(range) is in use: give a wider range"
        )
    }

    /// The port that a socket on the address of `wanted` gets when it asks for `number`; 0 asks for any.
    private static func bound(_ number: UInt16, _ wanted: Port) throws(LinuxError) -> UInt16 {
        let kind = wanted.transport == .udp ? SOCK_DGRAM : SOCK_STREAM
        let host = wanted.hostAddress, isIPv6 = host?.isIPv6 == true
        let socket = Descriptor(
            owning: try check(
                "socket",
                "",
                Glibc.socket(isIPv6 ? AF_INET6 : AF_INET, Int32(kind.rawValue | SOCK_CLOEXEC.rawValue), 0)
            )
        )
        if isIPv6 {
            var only: Int32 = 1  // ipv6(7): 0.0.0.0 is another one's
            try check("setsockopt", "", setsockopt(socket.number, Int32(IPPROTO_IPV6), IPV6_V6ONLY, &only, 4))
            var address = sockaddr_in6()
            address.sin6_family = sa_family_t(AF_INET6)
            address.sin6_port = number.bigEndian
            withUnsafeMutableBytes(of: &address.sin6_addr) { $0.copyBytes(from: host?.bytes ?? []) }
            try bind(socket, &address, number)
            return UInt16(bigEndian: address.sin6_port)
        }
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = number.bigEndian
        withUnsafeMutableBytes(of: &address.sin_addr) { $0.copyBytes(from: host?.bytes ?? [127, 0, 0, 1]) }
        try bind(socket, &address, number)
        return UInt16(bigEndian: address.sin_port)
    }

    /// Binds a socket to an address, and gives the one that it got.
    private static func bind<Address>(
        _ socket: Descriptor,
        _ address: inout Address,
        _ number: UInt16
    ) throws(LinuxError) {
        var length = socklen_t(MemoryLayout<Address>.size)
        let result = withUnsafeMutablePointer(to: &address) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                Glibc.bind(socket.number, $0, length) == 0 ? getsockname(socket.number, $0, &length) : -1
            }
        }
        try check("bind", "port \(number)", result)
    }
}

extension Port {
    /// The one port of the host that the file leaves; a conflict is told when it is published.
    var named: UInt16? { published.flatMap { $0.count == 1 ? $0.lowerBound : nil } }

    /// A port of the host on the address of this one.
    func host(_ number: UInt16) -> HostPort {
        let address = hostAddress.flatMap { Netlink.IPAddress($0.description) } ?? .v4(0x7f00_0001)
        return HostPort(address: address, port: number, transport: transport == .udp ? .udp : .tcp)
    }
}
