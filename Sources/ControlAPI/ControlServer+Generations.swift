// SPDX-License-Identifier: Apache-2.0
internal import Agent
internal import Control
internal import Hummingbird

extension ControlServer {
    /// The routes of an app's generations.
    func generations(_ apps: RouterGroup<ControlContext>) {
        apps.get(":app/generations") { _, context in
            try ControlReply.json(try await node.history(try context.parameters.require("app")))
        }
        apps.post(":app/rollback") { request, context in
            let (accepted, progress) = try await node.rollback(
                try context.parameters.require("app"),
                to: try request.number("to"),
                caller: await context.caller
            )
            guard request.flag("wait") else { return try ControlReply.json(accepted) }
            return ControlReply.lines(progress)
        }
        apps.post(":app/retry") { request, context in
            let (accepted, progress) = try await node.retry(
                try context.parameters.require("app"),
                caller: await context.caller
            )
            guard request.flag("wait") else { return try ControlReply.json(accepted) }
            return ControlReply.lines(progress)
        }
    }
}
