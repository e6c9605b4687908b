// SPDX-License-Identifier: Apache-2.0

/// Talks to the agent that works in a runtime folder, each request on a connection of its own.
public struct ControlClient: Sendable {
    /// Where an agent answers.
    enum Place: Sendable {
        /// On the unix socket at a path.
        case socket(String)
        /// On another host.
        case remote(RemoteNode)

        var description: String {
            switch self {
            case .socket(let path): path
            case .remote(let node): node.description
            }
        }
    }

    private let place: Place
    private let deadline: Duration

    /// A client of the agent in a runtime folder, which may take this long to answer.
    public init(runtime: String, deadline: Duration = .seconds(10)) {
        place = .socket(ControlSocket.path(runtime: runtime))
        self.deadline = deadline
    }

    /// A client of the agent of another host, which may take this long to answer.
    public init(remote: RemoteNode, deadline: Duration = .seconds(30)) {
        place = .remote(remote)
        self.deadline = deadline
    }

    /// Asks and waits for the whole answer; a request that `mayTakeLong` has no deadline.
    public func send<Reply: Decodable>(
        _ request: ControlRequest,
        as reply: Reply.Type = Reply.self,
        mayTakeLong: Bool = false
    ) async throws(ControlError) -> Reply {
        let connection = try await ControlConnection(place, deadline: mayTakeLong ? nil : deadline)
        try await connection.send(request)
        var answer = try await ControlAnswer(connection)
        return try await answer.whole(limit: ControlAnswer.wholeLimit).decoded(reply)
    }

    /// Asks for values that come one a line for as long as the agent has any.
    ///
    /// The deadline holds until the head of the answer; a request that `mayTakeLong` has none.
    public func lines<Line: Decodable & Sendable>(
        _ request: ControlRequest,
        of line: Line.Type = Line.self,
        mayTakeLong: Bool = false
    ) async throws(ControlError) -> ControlLines<Line> {
        let connection = try await ControlConnection(place, deadline: mayTakeLong ? nil : deadline)
        try await connection.send(request)
        let answer = try await ControlAnswer(connection)
        connection.liftLimit()
        return ControlLines(answer)
    }

    /// Asks for lines that come for as long as the agent has any, and leaves it to the caller to read them.
    ///
    /// The deadline holds until the head of the answer.
    public func text(_ request: ControlRequest) async throws(ControlError) -> ControlText {
        let connection = try await ControlConnection(place, deadline: deadline)
        try await connection.send(request)
        let answer = try await ControlAnswer(connection)
        connection.liftLimit()
        return ControlText(answer)
    }

    /// Starts a command in a container; its standard input is the body of the request.
    ///
    /// The deadline holds until the head of the answer, which comes once the command runs.
    public func exec(_ request: ControlRequest, hasInput: Bool) async throws(ControlError) -> ControlExec {
        let connection = try await ControlConnection(place, deadline: deadline)
        try await connection.send(request, bodyFollows: hasInput)
        return ControlExec(connection)
    }
}
