// SPDX-License-Identifier: Apache-2.0
public import Agent
internal import Control
public import Desired
internal import Glibc
internal import Hummingbird
public import Linux
internal import Logging

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
    let socket: Descriptor?
    let settings: NodeSettings
    let gate: Gate
    let hooks: Hooks
    let counts = RequestCounts()
    let places = StreamPlaces()
    let decoded = DecodedApps()

    /// The API of a node on the socket at `path`, and where its settings say.
    ///
    /// One that is there already, and listens, is taken as it is; else it is made.
    public init(node: Node, path: String, socket: Descriptor? = nil, settings: NodeSettings) throws {
        self.node = node
        self.path = path
        self.socket = socket
        self.settings = settings
        gate = try Gate(settings) { try await node.hasPassed($0) }
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
        try await ControlListener(router().buildResponder(), connections).run(socket ?? Self.listen(path)) {
            // A socket that is not opened to the group is the owner's alone.
            do { try place.open(path) } catch { node.events.report("\(error)") }
            await ready()
        }
    }

    /// Makes the socket, in place of one that was left.
    private static func listen(_ path: String) throws -> Descriptor {
        if unlink(path) < 0 {
            let cause = errno
            guard cause == ENOENT else { throw LinuxError("unlink", path, errno: cause) }
        }
        let socket = try Descriptor.bind(path, kind: Int32(SOCK_STREAM.rawValue))
        try check("listen", path, Glibc.listen(socket.number, 256))
        return socket
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
