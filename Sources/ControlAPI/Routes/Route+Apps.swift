// SPDX-License-Identifier: Apache-2.0
internal import Agent
internal import Control
internal import Desired
internal import Hummingbird
internal import NIOCore

extension Route {
    /// Apps and what they should be.
    static let apps = [
        Route(.get, "/v1/apps", .read) { server, _, _ in
            try ControlReply.json(try await server.node.nodeStatus().apps)
        },
        Route(.get, "/v1/apps/{app}", .read) { server, _, context in
            let name = try context.parameters.require("app")
            guard let status = await server.node.appStatus(name) else { throw absent(name) }
            return try ControlReply.json(status)
        },
        // What is in it is not for everyone: the environment may hold passwords.
        Route(.get, "/v1/apps/{app}/config", .deploy) { server, _, context in
            let name = try context.parameters.require("app")
            guard let model = await server.node.model(of: name) else { throw absent(name) }
            return Response(
                status: .ok,
                headers: [.contentType: "application/json"],
                body: ResponseBody(byteBuffer: ByteBuffer(string: model))
            )
        },
        Route(.put, "/v1/apps/{app}", .deploy) { server, request, context in
            try await server.apply(request, context)
        },
        Route(.post, "/v1/apps/{app}/plan", .deploy) { server, request, context in
            let desired = try await server.desired(request, context).desired
            return try ControlReply.json(try await server.node.plan(desired.app))
        },
        Route(.delete, "/v1/apps/{app}", .deploy) { server, request, context in
            let app = try context.parameters.require("app")
            try await server.node.refuseIfSourced(app, isChange: false)
            let (_, progress) = try await server.node.down(app, now: request.flag("now"))
            return ControlReply.lines(progress)
        },
    ]

    /// An app's generations.
    static let generations = [
        Route(.get, "/v1/apps/{app}/generations", .read) { server, _, context in
            try ControlReply.json(try await server.node.history(try context.parameters.require("app")))
        },
        Route(.post, "/v1/apps/{app}/rollback", .deploy) { server, request, context in
            let (accepted, progress) = try await server.node.rollback(
                try context.parameters.require("app"),
                to: try request.number("to"),
                caller: context.caller
            )
            guard request.flag("wait") else { return try ControlReply.json(accepted) }
            return ControlReply.lines(progress)
        },
        Route(.post, "/v1/apps/{app}/retry", .deploy) { server, request, context in
            let (accepted, progress) = try await server.node.retry(
                try context.parameters.require("app"),
                caller: context.caller
            )
            guard request.flag("wait") else { return try ControlReply.json(accepted) }
            return ControlReply.lines(progress)
        },
    ]

    private static func absent(_ name: String) -> ControlError {
        ControlError(.absent, name, "there is no such app", "see `martlet status`")
    }
}
