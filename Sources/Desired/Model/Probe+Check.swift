// SPDX-License-Identifier: Apache-2.0

extension Probe {
    /// What a container is asked.
    public enum Check: Sendable, Equatable {
        /// An HTTP server in its network.
        case http(HTTP)
        /// Whether a port of it accepts connections.
        case tcp(port: UInt16)
        /// Whether the socket at this absolute path inside it accepts connections.
        case unix(path: String)
        /// What a gRPC server in its network says of the health of a service, or of itself for an empty name.
        case grpc(port: UInt16, service: String)
        /// Whether this command, run inside it, ends with 0.
        case exec([String])

        /// For people, for example `http :80/up`.
        public var summary: String {
            switch self {
            case .http(let request): "http :\(request.port)\(request.path)"
            case .tcp(let port): "tcp :\(port)"
            case .unix(let path): "unix \(path)"
            case .grpc(let port, let service): "grpc :\(port)\(service.isEmpty ? "" : " \(service)")"
            case .exec(let command): "exec \(Characters.printable(command.joined(separator: " ")))"
            }
        }
    }

    /// A GET request and the answers to it that are good.
    public struct HTTP: Sendable, Equatable {
        /// The port.
        public var port: UInt16
        /// The path with its query, from the slash on.
        public var path: String
        /// The good status codes, ordered.
        public var statuses: [ClosedRange<Int>]
        /// The `Host` field; nil leaves it to the agent.
        public var host: String?
        /// Further fields of the request.
        public var headers: [String: String]

        /// A request.
        public init(
            port: UInt16,
            path: String = "/",
            statuses: [ClosedRange<Int>] = [200...399],
            host: String? = nil,
            headers: [String: String] = [:]
        ) {
            self.port = port
            self.path = path
            self.statuses = statuses
            self.host = host
            self.headers = headers
        }
    }
}
