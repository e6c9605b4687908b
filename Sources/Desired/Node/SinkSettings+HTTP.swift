// SPDX-License-Identifier: Apache-2.0

extension SinkSettings {
    /// A receiver that is asked by HTTP.
    public struct Endpoint: Equatable, Sendable {
        /// An `http` or `https` URL.
        public var url: String
        /// What proves who we are, a line: `USER:PASSWORD`, `Bearer TOKEN`, or a field of its own as `NAME: VALUE`.
        public var authorization: RegistrySettings.File?
        /// How both sides prove themselves, over TLS.
        public var tls = TLS()
        /// Whether bodies are packed by gzip.
        public var isPacked = true

        /// A receiver.
        public init(url: String) { self.url = url }
    }

    /// JSON to whoever takes it.
    public struct HTTP: Equatable, Sendable {
        /// The form of a body.
        public enum Format: String, Sendable, CaseIterable {
            /// An object a line.
            case ndjson
            /// One array.
            case json
        }

        /// Whom to.
        public var endpoint: Endpoint
        /// `POST` or `PUT`.
        public var method = "POST"
        /// The form of a body.
        public var format = Format.ndjson
        /// Fields of the head, by their names.
        public var headers: [String: String] = [:]

        /// JSON to a receiver.
        public init(_ endpoint: Endpoint) { self.endpoint = endpoint }
    }

    /// Loki's push API.
    public struct Loki: Equatable, Sendable {
        /// What may be a label: few values each, or Loki gets slow.
        public enum Label: String, Sendable, CaseIterable {
            case app, service, instance, stream, node, container, image
        }

        /// Whom to.
        public var endpoint: Endpoint
        /// The value of `X-Scope-OrgID`; nil for a Loki without tenants.
        public var tenant: String?
        /// What is a label; the rest is structured metadata.
        public var labels: [Label] = [.app, .service, .stream, .node]

        /// A Loki.
        public init(_ endpoint: Endpoint) { self.endpoint = endpoint }
    }

    /// OpenTelemetry's logs over HTTP.
    public struct OTLP: Equatable, Sendable {
        /// The form of a body.
        public enum Encoding: String, Sendable, CaseIterable {
            case json, protobuf
        }

        /// Whom to.
        public var endpoint: Endpoint
        /// The form of a body.
        public var encoding = Encoding.json

        /// A collector.
        public init(_ endpoint: Endpoint) { self.endpoint = endpoint }
    }

    /// Splunk's HTTP Event Collector.
    public struct Splunk: Equatable, Sendable {
        /// Whom to.
        public var endpoint: Endpoint
        /// What holds the collector's token.
        public var token: RegistrySettings.File
        /// Whether a line counts as delivered only once the indexer has said that it has it.
        public var isAcknowledged = false
        /// How long it may take to say so.
        public var patience = Duration.seconds(60)

        /// A collector.
        public init(_ endpoint: Endpoint, token: RegistrySettings.File) {
            self.endpoint = endpoint
            self.token = token
        }

        /// Where the collector says what is indexed; nil if that cannot be told from its URL.
        public var acknowledgementURL: String? {
            let place = "/services/collector"
            guard let range = endpoint.url.firstRange(of: place) else { return nil }
            return endpoint.url[..<range.upperBound] + "/ack"
        }
    }
}
