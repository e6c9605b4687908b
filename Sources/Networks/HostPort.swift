// SPDX-License-Identifier: Apache-2.0
internal import Glibc
internal import Linux
public import Netlink

/// A port of the host.
public struct HostPort: Hashable, Sendable, CustomStringConvertible {
    /// The host's address.
    public let address: IPAddress
    /// The port number.
    public let port: UInt16
    /// TCP or UDP.
    public let transport: TransportProtocol

    /// Describes a port of the host.
    public init(address: IPAddress, port: UInt16, transport: TransportProtocol) {
        self.address = address
        self.port = port
        self.transport = transport
    }

    /// For example `127.0.0.1:8080/tcp`.
    public var description: String {
        "\(address.isV4 ? "\(address)" : "[\(address)]"):\(port)/\(transport.rawValue)"
    }

    /// Whether one packet could be meant for both.
    public func collides(with other: HostPort) -> Bool {
        port == other.port && transport == other.transport && address.isV4 == other.address.isV4
            && (address == other.address || address.isUnspecified || other.address.isUnspecified)
    }

    /// Fails if a process of this host listens on the port, or the host has no such address.
    ///
    /// Published ports themselves are not bound, so an own earlier publication never stands in the way.
    func checkFree() throws(NetworkError) {
        do throws(LinuxError) {
            let kind = transport == .tcp ? SOCK_STREAM : SOCK_DGRAM
            _ = try Endpoint(address: address, port: port).bound(kind, reuse: transport == .tcp)
        } catch {
            switch error.errno {
            case EADDRINUSE:
                throw NetworkError(
                    "publish",
                    "\(self)",
                    "the port is in use by a process of this host: stop it or publish another port"
                )
            case EADDRNOTAVAIL:
                throw NetworkError("publish", "\(self)", "this host has no address \(address)")
            default: throw NetworkError("publish", "\(self)", error)
            }
        }
    }

    /// Reads what `word` writes.
    init?(word: some StringProtocol) {
        let parts = word.split(separator: " ")
        guard parts.count == 3, let transport = TransportProtocol(rawValue: String(parts[0])),
            let address = IPAddress(parts[1]), let port = UInt16(parts[2])
        else { return nil }
        self.init(address: address, port: port, transport: transport)
    }

    /// The form kept in nftables comments.
    var word: String { "\(transport.rawValue) \(address) \(port)" }
}
