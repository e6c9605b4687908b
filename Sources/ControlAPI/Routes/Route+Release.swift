// SPDX-License-Identifier: Apache-2.0
internal import Agent
internal import Control
internal import Desired
internal import Hummingbird
internal import NIOCore

extension Route {
    /// What the agent itself goes on as.
    static let release = [
        Route(.post, "/v1/release", .admin) { server, request, context in
            guard let image = request.word("image") else {
                throw ControlError(.invalid, "image", "it is missing", "name the image of a release")
            }
            var update = AgentUpdate(image)
            update.verify = request.word("verify")
            if let seconds = try request.number("health") {
                update.health = .seconds(seconds)
                guard AgentUpdate.times ~= update.health else {
                    throw ControlError(.invalid, "health", "must be from 15 to 240 seconds")
                }
            }
            let proposed = try await server.node.propose(update, caller: context.caller)
            context.deed.note(image)
            if let digest = proposed?.digest { context.deed.note(digest: digest) }
            guard let proposed else {
                return try ControlReply.json(try await server.node.nodeStatus().release)
            }
            return try goingOn(proposed, server.node)
        },
        Route(.delete, "/v1/release", .admin) { server, _, context in
            guard try await server.node.withdrawRelease(caller: context.caller) else {
                return try ControlReply.json(ReleaseStatus(state: "installed"))
            }
            return try goingOn(ReleaseStatus(state: "installed"), server.node)
        },
    ]

    /// An answer that is the last one of this agent: once it is written the agent goes on as something else.
    private static func goingOn(_ status: ReleaseStatus, _ node: Node) throws -> Response {
        let line = try ControlReply.line(status)
        return Response(
            status: .ok,
            headers: [.contentType: "application/json"],
            body: ResponseBody(contentLength: line.readableBytes) { writer in
                do {
                    try await writer.write(line)
                    try await writer.finish(nil)
                } catch {
                    await node.goOn()  // whoever asked need not hear it
                    throw error
                }
                await node.goOn()
            }
        )
    }
}
