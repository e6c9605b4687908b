// SPDX-License-Identifier: Apache-2.0
internal import Agent
internal import Control
internal import Desired
internal import Hummingbird

extension Route {
    /// Named volumes.
    static let volumes = [
        Route(.get, "/v1/volumes", .read) { server, _, _ in
            try ControlReply.json(try await server.node.volumeStatus())
        },
        Route(.get, "/v1/volumes/{app}/{volume}", .read) { server, _, context in
            let app = try context.parameters.require("app")
            let name = try context.parameters.require("volume")
            return try ControlReply.json(try await server.node.volumeStatus(app: app, name: name))
        },
        Route(.post, "/v1/volumes/{app}/{volume}/commit", .deploy) { server, _, context in
            let app = try context.parameters.require("app")
            let name = try context.parameters.require("volume")
            return try ControlReply.json(try await server.node.commitVolume(app: app, name: name))
        },
    ]
}
