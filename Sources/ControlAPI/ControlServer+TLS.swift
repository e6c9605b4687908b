// SPDX-License-Identifier: Apache-2.0
internal import Agent
internal import Desired
internal import Hummingbird
internal import HummingbirdCore
internal import Linux

extension ControlServer {
    /// Serves by TLS until it is cancelled; what keeps it from that is told, and tried again.
    ///
    /// The node goes on without: who is on it can still ask by the socket.
    func serveTLS() async throws {
        guard let listener = settings.api.listener, let identity = gate.identity else { return }
        var told = ""
        while !Task.isCancelled {
            do {
                _ = try await Thread.run { try identity.refresh(isLenient: true) }
                if let tokens = gate.tokens {
                    do { _ = try await Thread.run { try tokens.refresh(isLenient: false) } } catch {
                        node.events.report("tokens: \(error)")
                    }
                }
                guard identity.value != nil else {
                    throw AgentError("serve TLS", "certificate", "cannot be used")
                }
                try await serve(listener.address.description, Int(listener.port), identity)
            } catch is CancellationError {
                return
            } catch {
                let what = error is AgentError ? "\(error)" : "listen on port \(listener.port): \(error)"
                if what != told, identity.value != nil || error is AgentError { node.events.report(what) }
                told = what
            }
            try await Task.sleep(for: .seconds(1))
        }
    }

    private func serve(_ address: String, _ port: Int, _ identity: Watched<TLSIdentity>) async throws {
        let connections = Connections(limit: 512)
        let application = Application(
            responder: router().buildResponder(),
            server: HTTPServerBuilder {
                ControlChannel(responder: $0, connections: connections, identity: identity)
            },
            configuration: ApplicationConfiguration(
                address: .hostname(address, port: port),
                serverName: "martlet"
            ),
            logger: Self.logger
        )
        try await application.run()
    }
}
