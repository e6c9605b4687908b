// SPDX-License-Identifier: Apache-2.0
internal import Agent
internal import Control
internal import Desired
internal import Hummingbird

extension Route {
    /// Jobs and their runs.
    static let jobs = [
        Route(.get, "/v1/jobs", .read) { server, _, _ in
            try ControlReply.json(try await server.node.jobStatus())
        },
        Route(.get, "/v1/apps/{app}/jobs", .read) { server, _, context in
            try ControlReply.json(
                try await server.node.jobStatus(app: try context.parameters.require("app"))
            )
        },
        Route(.get, "/v1/apps/{app}/jobs/{job}", .read) { server, _, context in
            let (app, job) = try (context.parameters.require("app"), context.parameters.require("job"))
            return try ControlReply.json(try await server.node.jobStatus(app: app, job: job))
        },
        Route(.post, "/v1/apps/{app}/jobs/{job}/run", .deploy) { server, _, context in
            let (app, job) = try (context.parameters.require("app"), context.parameters.require("job"))
            return try ControlReply.json(
                try await server.node.runJob(job, of: app, caller: context.caller)
            )
        },
    ]
}
