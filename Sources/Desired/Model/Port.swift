// SPDX-License-Identifier: Apache-2.0

/// A port of a service, reachable from outside.
public struct Port: Sendable, Equatable {
    /// The port inside the container.
    public var target: UInt16
    /// The host port, or the range to choose one from; nil means any free port.
    public var published: ClosedRange<UInt16>?
    /// The host address; nil means the node's default, which is loopback.
    public var hostAddress: IPAddress?
    /// The protocol.
    public var transport: Transport

    /// A published port.
    public init(
        target: UInt16,
        published: ClosedRange<UInt16>? = nil,
        hostAddress: IPAddress? = nil,
        transport: Transport = .tcp
    ) {
        self.target = target
        self.published = published
        self.hostAddress = hostAddress
        self.transport = transport
    }
}
