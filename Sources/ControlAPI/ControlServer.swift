// SPDX-License-Identifier: Apache-2.0
public import Agent
internal import Control
internal import Desired
internal import FoundationEssentials
internal import Glibc
internal import Hummingbird
internal import Linux
internal import Logging
internal import Logs
internal import NIOCore

/// The API on a unix socket.
///
/// The routes are described in `docs/api.yaml`.
public struct ControlServer: Sendable {
    /// A larger desired state is refused; the same limit as for a file.
    static let maximumBody = 4 << 20

    let node: Node
    let path: String

    /// The API of a node on the socket at `path`.
    public init(node: Node, path: String) {
        self.node = node
        self.path = path
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
        var logger = Logger(label: "api") { StreamLogHandler.standardError(label: $0) }
        logger.logLevel = .critical  // that a client hangs up is no error of ours
        let path = path
        let application = Application(
            router: router(),
            configuration: ApplicationConfiguration(
                address: .unixDomainSocket(path: path),
                serverName: "martlet"
            ),
            onServerRunning: { _ in
                chmod(path, 0o600)  // its folder is closed to others already
                await ready()
            },
            logger: logger
        )
        try await application.run()
    }

    private func router() -> Router<ControlContext> {
        let router = Router(context: ControlContext.self)
        router.add(middleware: Failures())
        let api = router.group("v1")
        api.get("version") { _, _ in try ControlReply.json(VersionReply(format: App.newestFormat)) }
        api.get("status") { _, _ in try ControlReply.json(try await node.nodeStatus()) }
        api.get("instances") { request, _ in
            try ControlReply.json(await node.instanceStatus(app: request.word("app")))
        }
        api.get("stats") { request, _ in
            try ControlReply.json(try await node.stats(app: request.word("app")))
        }
        api.get("events") { request, _ in
            let since = try request.number("since") ?? 0
            return ControlReply.lines(
                node.events.stream(since: Double(since), follow: request.flag("follow"))
            )
        }
        api.get("snapshots") { _, _ in try ControlReply.json(try await node.snapshotStatus()) }
        api.delete("snapshots/:name") { _, context in
            let name = try context.parameters.require("name")
            return try ControlReply.json(try await node.removeSnapshot(name))
        }
        api.get("logs") { request, _ in ControlReply.lines(try await logs(request)) }
        api.post("exec") { request, _ in try await exec(request) }
        apps(api.group("apps"))
        jobs(api)
        router.get("healthz") { _, _ in Response(status: .ok) }
        return router
    }

    private func apps(_ apps: RouterGroup<ControlContext>) {
        apps.get { _, _ in try ControlReply.json(try await node.nodeStatus().apps) }
        apps.get(":app") { _, context in
            let name = try context.parameters.require("app")
            guard let status = await node.appStatus(name) else { throw absent(name) }
            return try ControlReply.json(status)
        }
        apps.get(":app/config") { _, context in
            let name = try context.parameters.require("app")
            guard let model = await node.model(of: name) else { throw absent(name) }
            return Response(
                status: .ok,
                headers: [.contentType: "application/json"],
                body: ResponseBody(byteBuffer: ByteBuffer(string: model))
            )
        }
        apps.put(":app", use: apply)
        generations(apps)
        apps.post(":app/plan") { request, context in
            try ControlReply.json(try await node.plan(try await desired(request, context).app))
        }
        apps.delete(":app") { request, context in
            let app = try context.parameters.require("app")
            try await node.refuseIfSourced(app, isChange: false)
            let (_, progress) = try await node.down(
                app,
                now: request.flag("now")
            )
            return ControlReply.lines(progress)
        }
        apps.post(":app/update") { request, context in
            let selection = try request.selection(app: try context.parameters.require("app"))
            let body = try await request.body.collect(upTo: 4_096)
            let change: LimitsChange
            do {
                change = try JSONDecoder().decode(LimitsChange.self, from: Data(body.readableBytesView))
            } catch {
                throw ControlError(.invalid, "limits", Self.what(error))
            }
            return try ControlReply.json(try await node.update(selection, change))
        }
        apps.post(":app/snapshot") { request, context in
            let selection = try request.selection(app: try context.parameters.require("app"))
            let word = request.word("mode") ?? SnapshotMode.live.rawValue
            guard let mode = SnapshotMode(rawValue: word) else {
                let known = SnapshotMode.allCases.map(\.rawValue).joined(separator: ", ")
                throw ControlError(.invalid, "mode", "'\(word)' is none of \(known)")
            }
            return try ControlReply.json(
                try await node.snapshot(selection, name: request.word("name"), mode: mode)
            )
        }
        for verb in HandVerb.allCases {
            apps.post(":app/\(verb.rawValue)") { request, context in
                let selection = try request.selection(app: try context.parameters.require("app"))
                switch verb {
                case .stop: return try ControlReply.json(try await node.stop(selection))
                case .start: return try ControlReply.json(try await node.start(selection))
                case .restart: return try ControlReply.json(try await node.restart(selection))
                case .pause: return try ControlReply.json(try await node.pause(selection))
                case .resume: return try ControlReply.json(try await node.resume(selection))
                }
            }
        }
    }

    private enum HandVerb: String, CaseIterable { case stop, start, restart, pause, resume }

    /// What is wrong with a body, in a few words.
    private static func what(_ error: any Error) -> String {
        switch error {
        case DecodingError.dataCorrupted(let context), DecodingError.typeMismatch(_, let context):
            let key = context.codingPath.last.map { "\($0.stringValue): " } ?? ""
            return key + context.debugDescription
        default: return "the body is not a JSON object of limits"
        }
    }

    private func absent(_ name: String) -> ControlError {
        ControlError(.absent, name, "there is no such app", "see `martlet status`")
    }

    @Sendable private func apply(_ request: Request, _ context: ControlContext) async throws -> Response {
        let (app, model) = try await desired(request, context)
        try await node.refuseIfSourced(app.name, isChange: true)
        let (caller, plan, now) = (await context.caller, request.word("plan"), request.flag("now"))
        guard request.flag("wait") else {
            let (accepted, _) = try await node.apply(
                app,
                model: model,
                source: NodeSource.push,
                caller: caller,
                plan: plan,
                now: now
            )
            return try ControlReply.json(accepted)
        }
        return ControlReply.lines(
            try await node.applying(
                app,
                model: model,
                source: NodeSource.push,
                caller: caller,
                plan: plan,
                now: now
            )
        )
    }

    private func logs(_ request: Request) async throws -> LogLines {
        let selection = try request.selection(app: request.word("app") ?? "")
        let app = selection.app.isEmpty ? nil : selection.app
        let follows = request.flag("follow")
        let tail = try request.number("tail")
        let folder = node.logFolders
        let lines = try await Thread.run {
            let tail = try LogTail(
                folder,
                app: app,
                service: selection.service,
                instance: selection.instance,
                query: LogQuery(tail.map { .tail($0) } ?? .beginning, holdsUnfinished: follows)
            )
            return (isEmpty: tail.isEmpty, lines: LogLines(tail, follows: follows))
        }
        if lines.isEmpty, let app {
            throw ControlError(
                .absent,
                app,
                "there is no such log",
                "`martlet logs` without a name shows all"
            )
        }
        return lines.lines
    }

    private func desired(_ request: Request, _ context: ControlContext) async throws -> (
        app: App, model: String
    ) {
        let name = try context.parameters.require("app")
        let body = try await request.body.collect(upTo: Self.maximumBody)
        guard let text = String(validating: body.readableBytesView, as: UTF8.self) else {
            throw ControlError(.invalid, name, "the desired state is not UTF-8 text")
        }
        let app = try App.decode(yaml: text, file: name, directory: "/", environment: [:])
        guard app.name == name else {
            throw ControlError(.invalid, name, "the desired state is that of app \(app.name)")
        }
        return (app, text)
    }
}

/// Turns every failure into the API's words.
private struct Failures: RouterMiddleware {
    func handle(
        _ request: Request,
        context: ControlContext,
        next: @concurrent (Request, ControlContext) async throws -> Response
    ) async throws -> Response {
        do {
            return try await next(request, context)
        } catch {
            return try ControlReply.failure(error)
        }
    }
}
