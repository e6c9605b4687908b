// SPDX-License-Identifier: Apache-2.0
internal import Agent
internal import Control
internal import Desired
internal import Hummingbird

extension Route {
    /// The node as a whole.
    static let node = [
        Route(.get, "/healthz", nil) { _, _, _ in Response(status: .ok) },
        Route(.get, "/metrics", .read) { server, _, _ in try await server.metrics() },
        Route(.get, "/v1/version", .read) { _, _, _ in
            try ControlReply.json(VersionReply(format: App.newestFormat))
        },
        Route(.get, "/v1/status", .read) { server, _, _ in
            try ControlReply.json(try await server.node.nodeStatus())
        },
        Route(.get, "/v1/instances", .read) { server, request, _ in
            try ControlReply.json(await server.node.instanceStatus(app: request.word("app")))
        },
        Route(.get, "/v1/stats", .read) { server, request, _ in
            try ControlReply.json(try await server.node.stats(app: request.word("app")))
        },
        Route(.get, "/v1/snapshots", .read) { server, _, _ in
            try ControlReply.json(try await server.node.snapshotStatus())
        },
        Route(.delete, "/v1/snapshots/{name}", .deploy) { server, _, context in
            let name = try context.parameters.require("name")
            return try ControlReply.json(try await server.node.removeSnapshot(name))
        },
    ]

    /// What goes on and on.
    static let streams = [
        Route(.get, "/v1/events", .read, isStream: true) { server, request, _ in
            let since = try request.number("since") ?? 0
            return ControlReply.lines(
                server.node.events.stream(since: Double(since), follow: request.flag("follow"))
            )
        },
        Route(.get, "/v1/logs", .read, isStream: true) { server, request, _ in
            guard request.flag("archive") else { return ControlReply.text(try await server.logs(request)) }
            return ControlReply.text(try await server.archivedLogs(request))
        },
        Route(.post, "/v1/exec", .admin, isStream: true) { server, request, context in
            try await server.exec(request, context)
        },
    ]

    /// Who did what, and who may have a source read.
    static let access = [
        Route(.get, "/v1/audit", .admin) { server, request, _ in
            let count = try request.number("tail") ?? Audit.maximumAnswer
            return ControlReply.lines(try await server.node.audit.records(last: count))
        },
        Route(.get, "/v1/audit/verdict", .admin) { server, _, _ in
            try ControlReply.json(try await server.node.audit.verdict())
        },
        Route(.post, "/v1/hooks/{source}", nil) { server, request, context in
            try await server.hook(request, context)
        },
    ]
}
