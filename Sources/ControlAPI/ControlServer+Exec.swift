// SPDX-License-Identifier: Apache-2.0
internal import Agent
internal import Control
internal import Hummingbird
internal import NIOCore

extension ControlServer {
    /// Runs a command inside an instance: what it reads is the request's body, what it writes the answer's.
    func exec(_ request: Request, _ context: ControlContext) async throws -> Response {
        guard let app = request.word("app") else {
            throw ControlError(.invalid, "exec", "'app' is missing")
        }
        let command = request.words("command")
        guard command.first?.isEmpty == false else {
            throw ControlError(.invalid, "exec", "'command' is missing")
        }
        context.deed.note(command.joined(separator: " ").prefix(1_024).description)
        let session = try await node.start(
            ExecRequest(
                selection: try request.selection(app: app),
                command: command,
                user: request.word("user"),
                directory: request.word("workdir"),
                environment: try environment(request.words("env")),
                hasInput: request.flag("stdin")
            )
        )
        let input = request.body
        return Response(
            status: .ok,
            headers: [.contentType: "application/octet-stream"],
            body: ResponseBody { writer in
                let feeding = Task { try await Self.feed(input, to: session) }
                defer { feeding.cancel() }
                // Without its caller, and without us, it must not go on.
                defer { session.kill() }
                for try await frame in session.frames {
                    try await writer.write(ByteBuffer(bytes: frame.encoded))
                }
                try await writer.finish(nil)
            }
        )
    }

    private static func feed(_ input: RequestBody, to session: ExecSession) async throws {
        defer { session.endInput() }
        for try await buffer in input {
            guard try await session.write(Array(buffer.readableBytesView)) else { return }
        }
    }

    private func environment(_ words: [String]) throws -> [String: String] {
        var values: [String: String] = [:]
        for word in words {
            let parts = word.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
            guard parts.count == 2, !parts[0].isEmpty, !word.utf8.contains(0) else {
                throw ControlError(.invalid, "exec", "env '\(word)' is not KEY=VALUE")
            }
            values[String(parts[0])] = String(parts[1])
        }
        return values
    }
}
