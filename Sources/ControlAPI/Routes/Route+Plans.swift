// SPDX-License-Identifier: Apache-2.0
internal import Agent
internal import Control
internal import Desired
internal import Hummingbird

extension Route {
    /// Plans that wait for somebody to say that they are to be carried out.
    static let plans = [
        Route(.get, "/v1/plans/{plan}", .read) { server, _, context in
            try ControlReply.json(
                try await server.node.waitingPlan(try context.parameters.require("plan"))
            )
        },
        Route(.post, "/v1/plans/{plan}", .deploy) { server, request, context in
            let id = try context.parameters.require("plan")
            let plan = try await server.node.release(
                id,
                caller: context.caller,
                now: request.flag("now")
            )
            context.deed.note("app \(plan.app)")
            context.deed.note(digest: plan.digest)
            guard let change = plan.change else {
                let (accepted, progress) = try await server.node.down(plan.app)
                guard request.flag("wait") else { return try ControlReply.json(accepted) }
                return ControlReply.lines(progress)
            }
            return try await server.carryOut(change, request, context)
        },
    ]
}
