// SPDX-License-Identifier: Apache-2.0

/// A destination of log lines: an entry of `sinks` in `node.yaml`.
public struct SinkSettings: Equatable, Sendable {
    /// What a sink speaks, and to whom.
    public enum Kind: Equatable, Sendable {
        /// Syslog: RFC 5424 and 3164.
        case syslog(Syslog)
        /// RELP, the acknowledged protocol of rsyslog.
        case relp(RELP)
        /// The journal of this node.
        case journal(Journal)
        /// Fluentd's forward protocol.
        case forward(Forward)
        /// Lumberjack: what Beats speak to Logstash.
        case lumberjack(Lumberjack)
        /// Lines of JSON, to Logstash's `tcp` input.
        case logstash(JSONLines)
        /// Objects of a store, from which they can be read again.
        case archive(Archive)
        /// JSON by HTTP.
        case http(HTTP)
        /// Loki.
        case loki(Loki)
        /// An OpenTelemetry collector.
        case otlp(OTLP)
        /// Splunk's HTTP Event Collector.
        case splunk(Splunk)
        /// GELF.
        case gelf(GELF)
        /// The journal of another node.
        case remoteJournal(RemoteJournal)

        /// Its word in `node.yaml`.
        public var word: String {
            switch self {
            case .syslog: "syslog"
            case .relp: "relp"
            case .journal: "journald"
            case .forward: "forward"
            case .lumberjack: "lumberjack"
            case .logstash: "logstash"
            case .archive: "archive"
            case .http: "http"
            case .loki: "loki"
            case .otlp: "otlp"
            case .splunk: "splunk"
            case .gelf: "gelf"
            case .remoteJournal: "journal-remote"
            }
        }
    }

    /// Whom to connect to.
    public struct Address: Equatable, Sendable, CustomStringConvertible {
        /// How to get there.
        public enum Way: String, Sendable {
            case udp, tcp, tls, unix
        }

        /// How to get there.
        public var way: Way
        /// A host name or an address, IPv6 without brackets; the path of a socket for `unix`.
        public var host: String
        /// The port; 0 for `unix`.
        public var port: UInt16

        /// Whom to connect to.
        public init(_ way: Way, _ host: String, _ port: UInt16 = 0) {
            self.way = way
            self.host = host
            self.port = port
        }

        /// As in `node.yaml`, for example `tls://logs.example.net:6514`.
        public var description: String {
            if way == .unix { return "unix://\(host)" }
            return "\(way.rawValue)://\(host.contains(":") ? "[\(host)]" : host):\(port)"
        }
    }

    /// How both sides prove themselves.
    public struct TLS: Equatable, Sendable {
        /// Who may vouch for the receiver; nil is the system's authorities.
        public var authorities: RegistrySettings.File?
        /// What proves to the receiver who we are; nil is nothing.
        public var identity: Identity?
        /// Whether the receiver has to prove anything.
        public var isVerified = true

        /// A certificate and its key.
        public struct Identity: Equatable, Sendable {
            /// The certificate.
            public var certificate: RegistrySettings.File
            /// Its key.
            public var key: RegistrySettings.File

            /// A certificate and its key.
            public init(certificate: RegistrySettings.File, key: RegistrySettings.File) {
                self.certificate = certificate
                self.key = key
            }
        }

        /// The system's authorities, and nothing of our own.
        public init() {}
    }

    /// Its name, by which services choose it.
    public var name: String
    /// What it speaks, and to whom.
    public var kind: Kind
    /// How far it may be behind in the log of each container: bytes of lines, and the age of a line.
    public var maxLag = LogSettings.Keep()
    /// What the logs of the containers that send to it keep at least.
    public var keep = LogSettings.Keep()

    /// A destination.
    public init(name: String, kind: Kind) {
        self.name = name
        self.kind = kind
    }
}
