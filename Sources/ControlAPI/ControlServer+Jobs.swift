// SPDX-License-Identifier: Apache-2.0
internal import Agent
internal import Control
internal import Hummingbird

extension ControlServer {
    /// The routes of jobs.
    func jobs(_ api: RouterGroup<ControlContext>) {
        api.get("jobs") { _, _ in try ControlReply.json(try await node.jobStatus()) }
        api.get("apps/:app/jobs") { _, context in
            try ControlReply.json(try await node.jobStatus(app: try context.parameters.require("app")))
        }
        api.get("apps/:app/jobs/:job") { _, context in
            let (app, job) = try (context.parameters.require("app"), context.parameters.require("job"))
            return try ControlReply.json(try await node.jobStatus(app: app, job: job))
        }
        api.post("apps/:app/jobs/:job/run") { _, context in
            let (app, job) = try (context.parameters.require("app"), context.parameters.require("job"))
            return try ControlReply.json(try await node.runJob(job, of: app, caller: await context.caller))
        }
    }
}
