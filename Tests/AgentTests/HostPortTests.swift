// SPDX-License-Identifier: Apache-2.0
internal import Desired
internal import Glibc
internal import Linux
internal import Testing

@testable internal import Agent

@Suite struct HostPortTests {
    /// A socket that listens on the loopback address of version 6, or on all of version 4; its port.
    private static func listener(isIPv6: Bool) throws -> (socket: Descriptor, port: UInt16) {
        let kind = Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue)
        let socket = Descriptor(
            owning: try check("socket", "", Glibc.socket(isIPv6 ? AF_INET6 : AF_INET, kind, 0))
        )
        var address = sockaddr_in6()
        // Of version 4 it is 0.0.0.0: family and port are the same bytes.
        address.sin6_family = sa_family_t(isIPv6 ? AF_INET6 : AF_INET)
        if isIPv6 { address.sin6_addr = in6addr_loopback }
        var length = socklen_t(isIPv6 ? MemoryLayout<sockaddr_in6>.size : MemoryLayout<sockaddr_in>.size)
        try withUnsafeMutablePointer(to: &address) {
            try $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                try check("bind", "", bind(socket.number, $0, length))
                try check("listen", "", listen(socket.number, 1))
                try check("getsockname", "", getsockname(socket.number, $0, &length))
            }
        }
        return (socket, UInt16(bigEndian: address.sin6_port))
    }

    private static func port(_ range: ClosedRange<UInt16>, on address: String?) -> Port {
        Port(target: 80, published: range, hostAddress: address.flatMap { IPAddress($0) })
    }

    @Test func `a port of a range is free on the address that it is for, of either version`() throws {
        let six = try Self.listener(isIPv6: true)
        try #require(six.port < .max)
        let own = six.port...six.port + 1
        #expect(try HostPortChoice.ports(for: [Self.port(own, on: "::1")], beside: []) == [six.port + 1])
        #expect(try HostPortChoice.ports(for: [Self.port(own, on: nil)], beside: []) == [six.port])
        // Whoever has the number by version 4 is in nobody's way by version 6.
        let four = try Self.listener(isIPv6: false)
        try #require(four.port < .max)
        let others = four.port...four.port + 1
        #expect(try HostPortChoice.ports(for: [Self.port(others, on: "::1")], beside: []) == [four.port])
        #expect(try HostPortChoice.ports(for: [Self.port(others, on: "::")], beside: []) == [four.port])
        #expect(try HostPortChoice.ports(for: [Self.port(others, on: nil)], beside: []) == [four.port + 1])
        withExtendedLifetime((six.socket, four.socket)) {}
    }
}
