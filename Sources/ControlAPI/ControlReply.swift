// SPDX-License-Identifier: Apache-2.0
internal import Agent
internal import Control
internal import Desired
internal import FoundationEssentials
internal import Hummingbird
internal import NIOCore

/// Answers in JSON.
enum ControlReply {
    static func json(_ value: some Encodable, status: HTTPResponse.Status = .ok) throws -> Response {
        Response(
            status: status,
            headers: [.contentType: "application/json"],
            body: ResponseBody(byteBuffer: try line(value))
        )
    }

    /// One JSON value a line, each sent as it comes.
    static func lines<Values: AsyncSequence & Sendable>(_ values: Values) -> Response
    where Values.Element: Encodable & Sendable {
        text(values.map { try line($0) })
    }

    /// Lines that are JSON already, sent as they come.
    static func text<Lines: AsyncSequence & Sendable>(_ lines: Lines) -> Response
    where Lines.Element == ByteBuffer {
        Response(
            status: .ok,
            headers: [.contentType: "application/x-ndjson"],
            body: ResponseBody { writer in
                for try await some in lines { try await writer.write(some) }
                try await writer.finish(nil)
            }
        )
    }

    static func line(_ value: some Encodable) throws -> ByteBuffer {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        return ByteBuffer(bytes: try encoder.encode(value) + [UInt8(ascii: "\n")])
    }

    /// The failure in the words of the API.
    static func failure(_ error: any Error) throws -> Response {
        let failure = control(error)
        let status: HTTPResponse.Status =
            switch failure.code {
            case .invalid: .badRequest
            case .unauthenticated: .unauthorized
            case .forbidden: .forbidden
            case .tooLarge: .contentTooLarge
            case .tooMany: .tooManyRequests
            case .absent: .notFound
            case .conflict: .conflict
            case .failed, .unreachable: .internalServerError
            }
        return try json(ControlErrorReply(failure), status: status)
    }

    static func control(_ error: any Error) -> ControlError {
        switch error {
        case let error as ControlError: error
        case let error as AgentError:
            ControlError(.failed, error.subject, "\(error.operation): \(error.cause)")
        case let error as Report: ControlError(error, of: error.problems.first?.file ?? "")
        case let error as HTTPError:
            ControlError(
                error.status.code < 500 ? .invalid : .failed,
                "request",
                error.body ?? "\(error.status)"
            )
        default: ControlError(.failed, "agent", "\(error)")
        }
    }
}
