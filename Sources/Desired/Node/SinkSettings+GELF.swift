// SPDX-License-Identifier: Apache-2.0

extension SinkSettings {
    /// GELF, as Graylog takes it.
    public struct GELF: Equatable, Sendable {
        /// Whom to, over UDP, TCP or TLS; nil by HTTP.
        public var address: Address?
        /// Whom to by HTTP; what TLS needs otherwise.
        public var endpoint: Endpoint
        /// Bytes of a datagram at most.
        public var chunk = 8_192
        /// Datagrams a second over UDP, at most.
        public var rate = 10_000

        /// GELF to a socket.
        public init(_ address: Address, tls: TLS = TLS()) {
            self.address = address
            endpoint = Endpoint(url: "\(address)")
            endpoint.tls = tls
        }

        /// GELF by HTTP.
        public init(_ endpoint: Endpoint) { self.endpoint = endpoint }
    }
}
