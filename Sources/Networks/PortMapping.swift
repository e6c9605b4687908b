// SPDX-License-Identifier: Apache-2.0
public import Netlink

/// One published port: a port of the host that leads to a port of a container.
///
/// Several mappings of one host port to different containers share its connections evenly. A range is a list
/// of single mappings.
public struct PortMapping: Hashable, Sendable, CustomStringConvertible {
    /// The host's address: loopback by default; `0.0.0.0` and `::` are any address of the host.
    public let hostIP: IPAddress
    /// The host's port.
    public let hostPort: UInt16
    /// The container's address, of the same family.
    public let containerIP: IPAddress
    /// The container's port.
    public let containerPort: UInt16
    /// TCP or UDP.
    public let transport: TransportProtocol

    /// Describes a published port.
    public init(
        hostIP: IPAddress = .v4(0x7f00_0001),
        hostPort: UInt16,
        containerIP: IPAddress,
        containerPort: UInt16,
        transport: TransportProtocol = .tcp
    ) {
        self.hostIP = hostIP
        self.hostPort = hostPort
        self.containerIP = containerIP
        self.containerPort = containerPort
        self.transport = transport
    }

    /// The host's side of it.
    public var host: HostPort { HostPort(address: hostIP, port: hostPort, transport: transport) }

    /// For example `127.0.0.1:8080/tcp -> 10.77.0.2:80`.
    public var description: String {
        "\(host) -> \(containerIP.isV4 ? "\(containerIP)" : "[\(containerIP)]"):\(containerPort)"
    }
}
