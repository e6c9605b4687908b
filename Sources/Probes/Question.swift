// SPDX-License-Identifier: Apache-2.0

/// What a container is asked through a socket.
public enum Question: Equatable, Sendable {
    /// Whether something accepts connections at a port.
    case tcp(UInt16)
    /// Whether something accepts connections at the socket of this absolute path, as the container sees it.
    case unix(String)
    /// What an HTTP server says.
    case http(port: UInt16, HTTPRequest)
    /// What `grpc.health.v1.Health/Check` says of a service, the whole server for an empty name; without TLS.
    case grpc(port: UInt16, service: String)

    /// The port; nil for a path.
    var port: UInt16? {
        switch self {
        case .tcp(let port), .http(let port, _), .grpc(let port, _): port
        case .unix: nil
        }
    }

    var dialogue: any Dialogue {
        switch self {
        case .tcp, .unix: ConnectDialogue()
        case .http(let port, let request): HTTPDialogue(request, port: port)
        case .grpc(let port, let service): HealthDialogue(service: service, port: port)
        }
    }
}
