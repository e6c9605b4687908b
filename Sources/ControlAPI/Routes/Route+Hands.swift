// SPDX-License-Identifier: Apache-2.0
internal import Agent
internal import Control
internal import Desired
internal import FoundationEssentials
internal import Hummingbird
internal import NIOCore

extension Route {
    /// What is done to containers by hand.
    static let hands =
        HandVerb.allCases.map { verb in
            Route(.post, "/v1/apps/{app}/\(verb.rawValue)", .deploy) { server, request, context in
                let selection = try request.selection(app: try context.parameters.require("app"))
                let node = server.node
                switch verb {
                case .stop: return try ControlReply.json(try await node.stop(selection))
                case .start: return try ControlReply.json(try await node.start(selection))
                case .restart: return try ControlReply.json(try await node.restart(selection))
                case .pause: return try ControlReply.json(try await node.pause(selection))
                case .resume: return try ControlReply.json(try await node.resume(selection))
                }
            }
        } + [
            Route(.post, "/v1/apps/{app}/update", .deploy) { server, request, context in
                let selection = try request.selection(app: try context.parameters.require("app"))
                let body = try await request.body(upTo: 4_096)
                let change: LimitsChange
                do {
                    change = try JSONDecoder().decode(LimitsChange.self, from: Data(body.readableBytesView))
                } catch {
                    throw ControlError(.invalid, "limits", what(error))
                }
                return try ControlReply.json(try await server.node.update(selection, change))
            },
            Route(.post, "/v1/apps/{app}/snapshot", .deploy) { server, request, context in
                let selection = try request.selection(app: try context.parameters.require("app"))
                let word = request.word("mode") ?? SnapshotMode.live.rawValue
                guard let mode = SnapshotMode(rawValue: word) else {
                    let known = SnapshotMode.allCases.map(\.rawValue).joined(separator: ", ")
                    throw ControlError(.invalid, "mode", "'\(word)' is none of \(known)")
                }
                return try ControlReply.json(
                    try await server.node.snapshot(selection, name: request.word("name"), mode: mode)
                )
            },
        ]

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
}
