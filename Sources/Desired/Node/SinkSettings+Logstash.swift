// SPDX-License-Identifier: Apache-2.0

extension SinkSettings {
    /// Lumberjack, version 2: what Beats speak to Logstash.
    public struct Lumberjack: Equatable, Sendable {
        /// Whom to.
        public var address: Address
        /// How both sides prove themselves, over TLS.
        public var tls = TLS()
        /// Events that are confirmed together, at most.
        public var window = 2_048
        /// How hard events are packed, from 0, not at all, to 3.
        public var level = 1
        /// How long the receiver may say nothing.
        public var patience = Duration.seconds(30)

        /// Lumberjack to somebody.
        public init(_ address: Address) { self.address = address }
    }

    /// Logstash's `tcp` input: a line of JSON for each event.
    public struct JSONLines: Equatable, Sendable {
        /// Whom to.
        public var address: Address
        /// How both sides prove themselves, over TLS.
        public var tls = TLS()

        /// Lines of JSON to somebody.
        public init(_ address: Address) { self.address = address }
    }
}
