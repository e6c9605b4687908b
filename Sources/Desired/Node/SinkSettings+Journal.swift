// SPDX-License-Identifier: Apache-2.0

extension SinkSettings {
    /// The journal of this node.
    public struct Journal: Equatable, Sendable {
        /// The socket of systemd-journald.
        public var socket = "/run/systemd/journal/socket"

        /// The journal of the host.
        public init() {}
    }
}

extension SinkSettings {
    /// The journal of another node, by systemd-journal-remote.
    public struct RemoteJournal: Equatable, Sendable {
        /// Where entries are uploaded to, such as `https://logs.example.net:19532/upload`.
        public var url: String
        /// How both sides prove themselves, over TLS.
        public var tls = TLS()

        /// The journal of a node.
        public init(_ url: String) { self.url = url }
    }
}
