// SPDX-License-Identifier: Apache-2.0
public import Agent
internal import Control
public import Desired
internal import Glibc
internal import Hummingbird
internal import HummingbirdCore
internal import Logging
internal import NIOCore

/// The API on a unix socket and, if the node file says so, by TLS.
///
/// The routes are described in `docs/api.yaml`.
public struct ControlServer: Sendable {
    /// A route, as the description has it.
    public struct Entry: Hashable, Sendable {
        /// `get`.
        public let method: String
        /// `/v1/apps/{app}`.
        public let path: String
        /// `read`, `deploy` or `admin`; nil if anyone may.
        public let role: String?

        /// An entry.
        public init(method: String, path: String, role: String?) {
            self.method = method
            self.path = path
            self.role = role
        }
    }

    /// Every route.
    public static var entries: [Entry] {
        Route.all.map {
            Entry(method: $0.method.rawValue.lowercased(), path: $0.path, role: $0.role?.rawValue)
        }
    }

    let node: Node
    let path: String
    let settings: NodeSettings
    let gate: Gate
    let hooks: Hooks
    let counts = RequestCounts()

    /// The API of a node on the socket at `path`, and where its settings say.
    public init(node: Node, path: String, settings: NodeSettings) throws {
        self.node = node
        self.path = path
        self.settings = settings
        gate = try Gate(settings)
        hooks = try Hooks(settings.sources, report: node.events.report)
    }

    /// Serves until it is cancelled; `ready` is called once the socket answers.
    public func run(ready: @escaping @Sendable () async -> Void) async throws {
        guard path.utf8.count <= 107 else {  // unix(7): sun_path
            throw AgentError(
                "listen",
                path,
                "the path of the socket is too long: use a shorter --runtime-dir"
            )
        }
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { try await serveSocket(ready: ready) }
            if settings.api.listener != nil { group.addTask { try await serveTLS() } }
            group.addTask { await follow() }
            defer { group.cancelAll() }
            try await group.next()
        }
    }

    static var logger: Logger {
        var logger = Logger(label: "api") { StreamLogHandler.standardError(label: $0) }
        logger.logLevel = .critical  // that a client hangs up is no error of ours
        return logger
    }

    private func serveSocket(ready: @escaping @Sendable () async -> Void) async throws {
        let path = path, place = try SocketPlace(settings.api.group)
        let connections = Connections(limit: 512)
        let application = Application(
            responder: router().buildResponder(),
            server: HTTPServerBuilder { ControlChannel(responder: $0, connections: connections) },
            configuration: ApplicationConfiguration(
                address: .unixDomainSocket(path: path),
                serverName: "martlet"
            ),
            onServerRunning: { _ in
                // A socket that is not opened to the group is the owner's alone.
                do { try place.open(path) } catch { node.events.report("\(error)") }
                await ready()
            },
            logger: Self.logger
        )
        try await application.run()
    }

    func router() -> Router<ControlContext> {
        let router = Router(context: ControlContext.self)
        router.add(middleware: Failures(counts: counts))
        for route in Route.all {
            let path = route.path.replacing("{", with: ":").replacing("}", with: "")
            router.on(RouterPath(path), method: route.method) { request, context in
                try await perform(route, request, context)
            }
        }
        return router
    }

    /// Looks after what may change while it serves.
    private func follow() async {
        let events = node.events
        await withTaskGroup(of: Void.self) { group in
            if let tokens = gate.tokens {
                // A file that cannot be read gives nobody a right.
                group.addTask { await tokens.follow(isLenient: false) { events.report("tokens: \($0)") } }
            }
            if let identity = gate.identity {
                group.addTask { await identity.follow(isLenient: true) { events.report("\($0)") } }
            }
            group.addTask { while (try? await Task.sleep(for: .seconds(3_600))) != nil {} }
        }
    }
}

/// Turns every failure into the API's words.
private struct Failures: RouterMiddleware {
    let counts: RequestCounts

    func handle(
        _ request: Request,
        context: ControlContext,
        next: @concurrent (Request, ControlContext) async throws -> Response
    ) async throws -> Response {
        let response: Response
        do {
            response = try await next(request, context)
        } catch {
            response = try ControlReply.failure(error)
        }
        counts.add(context.endpointPath ?? "unknown", status: response.status.code)
        return response
    }
}
