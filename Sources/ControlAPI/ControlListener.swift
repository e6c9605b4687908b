// SPDX-License-Identifier: Apache-2.0
internal import Glibc
internal import Hummingbird
internal import HummingbirdCore
internal import Linux
internal import NIOCore
internal import NIOPosix

/// Serves what connects to a unix socket that listens, whoever made it.
struct ControlListener<Responder: HTTPResponder>: Sendable where Responder.Context == ControlContext {
    /// So long those who connected have for their question, and we for its answer, once no more are let in: whoever comes
    /// later waits in the socket's queue for the next agent.
    private static var farewell: Duration { .milliseconds(150) }

    private let responder: Responder
    private let connections: Connections

    init(_ responder: Responder, _ connections: Connections) {
        self.responder = responder
        self.connections = connections
    }

    /// Serves until it is cancelled; `ready` is called before the first request is taken.
    ///
    /// Who connected before waits in the socket's queue until then.
    func run(_ socket: Descriptor, ready: () async -> Void) async throws {
        let channel = ControlChannel(responder: respond, connections: connections)
        let logger = ControlServer.logger
        // The loop closes what it serves; the socket of a service manager stays there for the next agent.
        let copy = try check("fcntl", "api", fcntl(socket.number, F_DUPFD_CLOEXEC, 0))
        let bootstrap = ServerBootstrap(group: MultiThreadedEventLoopGroup.singleton)
            .childChannelOption(.allowRemoteHalfClosure, value: true)
        let listener = try await bootstrap.bind(copy) { child in
            channel.setup(channel: child, logger: logger)
        }
        await ready()
        let serving = Task {
            try await withThrowingDiscardingTaskGroup { group in
                try await listener.executeThenClose { inbound in
                    for try await child in inbound {
                        group.addTask { await channel.handle(value: child, logger: logger) }
                    }
                }
            }
        }
        try await withTaskCancellationHandler {
            try await serving.value
        } onCancel: {
            listener.channel.close(promise: nil)
            Task { [connections] in
                await connections.settle(within: Self.farewell)
                serving.cancel()
            }
        }
    }

    @concurrent @Sendable private func respond(
        _ request: Request,
        _ writer: consuming ResponseWriter,
        _ channel: any Channel
    ) async throws {
        let source = ApplicationRequestContextSource(channel: channel, logger: ControlServer.logger)
        var response = try await responder.respond(to: request, context: ControlContext(source: source))
        response.headers[.date] = Self.date()
        response.headers[.server] = "martlet"
        try await writer.write(response: response.head, body: response.body)
    }

    /// The time as RFC 9110, 5.6.7 has it.
    private static func date() -> String {
        var now = time(nil), parts = tm()
        gmtime_r(&now, &parts)
        return withUnsafeTemporaryAllocation(of: CChar.self, capacity: 64) { buffer in
            let count = strftime(buffer.baseAddress, buffer.count, "%a, %d %b %Y %H:%M:%S GMT", &parts)
            return String(decoding: buffer.prefix(count).map(UInt8.init(bitPattern:)), as: UTF8.self)
        }
    }
}
