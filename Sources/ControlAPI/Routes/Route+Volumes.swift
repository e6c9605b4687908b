// SPDX-License-Identifier: Apache-2.0
internal import Agent
internal import Control
internal import Desired
internal import Hummingbird

extension Route {
    /// Named volumes.
    static let volumes: [Route] = [
        Route(.get, "/v1/volumes", .read) { server, _, _ in
            try ControlReply.json(try await server.node.volumeStatus())
        },
        Route(.post, "/v1/volumes/gc", .deploy) { server, request, _ in
            let done = try await server.node.sweepVolumes(
                app: request.word("app"),
                name: request.word("volume"),
                store: request.word("store")
            )
            return try ControlReply.json(done)
        },
        volume(.get, "", .read) { node, app, name, _ in
            try ControlReply.json(try await node.volumeStatus(app: app, name: name))
        },
        volume(.delete, "", .deploy) { node, app, name, request in
            let choice = try request.versionChoice()
            return try ControlReply.json(
                try await node.removeVolume(app: app, name: name, choice, store: request.word("store"))
            )
        },
        volume(.post, "/commit", .deploy) { node, app, name, request in
            let done = try await node.commitVolume(app: app, name: name)
            if let label = request.word("label") {
                try await node.labelVolume(app: app, name: name, version: done.sequence, as: label)
            }
            return try ControlReply.json(done)
        },
        volume(.get, "/versions", .read) { node, app, name, request in
            let found = try await node.volumeVersions(
                app: app,
                name: name,
                store: request.word("store"),
                last: try request.number("last") ?? 100
            )
            return try ControlReply.json(found)
        },
        volume(.get, "/check", .read) { node, app, name, request in
            try ControlReply.json(
                try await node.checkVolume(app: app, name: name, store: request.word("store"))
            )
        },
        volume(.post, "/restore", .deploy) { node, app, name, request in
            let done = try await node.restoreVolume(
                app: app,
                name: name,
                try request.versionChoice(),
                stopsUsers: request.flag("stop_services")
            )
            return try ControlReply.json(done)
        },
        volume(.post, "/clone", .deploy) { node, app, name, request in
            guard let target = request.word("to") else {
                throw ControlError(.invalid, "to", "it is missing", "name the new volume")
            }
            let first = try await node.cloneVolume(
                app: app,
                name: name,
                to: target,
                try request.versionChoice(),
                store: request.word("store")
            )
            return try ControlReply.json(first)
        },
    ]

    /// What is asked of one volume.
    private static func volume(
        _ method: HTTPRequest.Method,
        _ rest: String,
        _ role: APISettings.Role,
        _ action: @escaping @Sendable (Node, String, String, Request) async throws -> Response
    ) -> Route {
        Route(method, "/v1/volumes/{app}/{volume}\(rest)", role) { server, request, context in
            let app = try context.parameters.require("app")
            let name = try context.parameters.require("volume")
            return try await action(server.node, app, name, request)
        }
    }
}

extension Request {
    /// A version of a volume: `branch`, and one of `version`, `label` and `at` in nanoseconds since 1970.
    fileprivate func versionChoice() throws -> VersionChoice {
        var choice = VersionChoice(branch: word("branch"), label: word("label"))
        choice.time = try nanoseconds("at")
        if let text = word("version") {
            guard let version = UInt64(text), version > 0 else {
                throw ControlError(.invalid, "version", "'\(text)' is not the number of a version")
            }
            choice.version = version
        }
        let chosen = [choice.version != nil, choice.label != nil, choice.time != nil].filter { $0 }
        guard chosen.count < 2 else {
            throw ControlError(.invalid, "version", "it is said twice", "give one of version, label and at")
        }
        return choice
    }
}
