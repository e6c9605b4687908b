// SPDX-License-Identifier: Apache-2.0

/// One call of `grpc.health.v1.Health/Check` by HTTP/2 without TLS.
///
/// The message of the answer tells. An error comes without one, and its code, which is in compressed fields, is not
/// read: so no HPACK decoder is needed.
struct HealthDialogue: Dialogue {
    private static let mostBytes = 65_536
    private static let longestMessage = 1_024

    let opening: [UInt8]
    private var received: [UInt8] = []
    private var total = 0
    private var message: [UInt8] = []

    init(service: String, port: UInt16) {
        // RFC 7541, appendix A: the entries 3 and 6 are `:method: POST` and `:scheme: http`; 4, 1 and 31 have the
        // names `:path`, `:authority` and `content-type`. None is put into the table (6.2.2).
        let fields: [UInt8] =
            [0x83, 0x86] + [0x04] + Self.text("/grpc.health.v1.Health/Check") + [0x01]
            + Self.text("localhost:\(port)") + [0x0f, 0x10] + Self.text("application/grpc") + [0x00]
            + Self.text("te") + Self.text("trailers")
        // Without a push, which would be asked for by nobody: SETTINGS_ENABLE_PUSH is 2.
        let settings = HTTP2Frame(kind: HTTP2Frame.Kind.settings, payload: [0, 2, 0, 0, 0, 0])
        let headers = HTTP2Frame(
            kind: HTTP2Frame.Kind.headers,
            flags: HTTP2Frame.Flag.endHeaders,
            stream: 1,
            payload: fields
        )
        let name = Array(service.utf8)
        // HealthCheckRequest: the service is field 1, a string.
        let request: [UInt8] = name.isEmpty ? [] : [0x0a] + Self.varint(name.count) + name
        let size = (0..<4).map { UInt8(truncatingIfNeeded: request.count >> (24 - 8 * $0)) }
        let data = HTTP2Frame(
            kind: HTTP2Frame.Kind.data,
            flags: HTTP2Frame.Flag.endStream,
            stream: 1,
            payload: [0] + size + request
        )
        opening =
            Array("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n".utf8) + settings.bytes + headers.bytes + data.bytes
    }

    mutating func take(_ bytes: [UInt8]) -> DialogueTurn {
        received += bytes
        total += bytes.count
        guard total <= Self.mostBytes else { return .done(.failure("the server does not come to an end")) }
        var answers: [UInt8] = []
        do throws(HTTP2Frame.TooLarge) {
            while let frame = try HTTP2Frame.next(in: &received) {
                switch take(frame) {
                case .proceed(let answer): answers += answer
                case .done(let answer): return .done(answer)
                }
            }
        } catch {
            return .done(.failure("what the server answered is not HTTP/2"))
        }
        return .proceed(answers)
    }

    private mutating func take(_ frame: HTTP2Frame) -> DialogueTurn {
        let isAnswered = frame.flags & HTTP2Frame.Flag.acknowledge != 0
        switch frame.kind {
        case HTTP2Frame.Kind.settings where !isAnswered:
            return .proceed(HTTP2Frame(kind: frame.kind, flags: HTTP2Frame.Flag.acknowledge).bytes)
        case HTTP2Frame.Kind.ping where !isAnswered:
            guard frame.payload.count == 8 else {
                return .done(.failure("what the server answered is not HTTP/2"))
            }
            let answer = HTTP2Frame(
                kind: frame.kind,
                flags: HTTP2Frame.Flag.acknowledge,
                payload: frame.payload
            )
            return .proceed(answer.bytes)
        case HTTP2Frame.Kind.goAway: return .done(.failure("the server ended the connection"))
        case HTTP2Frame.Kind.reset where frame.stream == 1:
            return .done(.failure("the server refused the call"))
        case HTTP2Frame.Kind.headers where frame.stream == 1 && frame.flags & HTTP2Frame.Flag.endStream != 0:
            return .done(.failure("the server knows no such service, or does not tell of its health"))
        case HTTP2Frame.Kind.data where frame.stream == 1: return take(data: frame)
        default: return .proceed([])
        }
    }

    private mutating func take(data frame: HTTP2Frame) -> DialogueTurn {
        guard let content = frame.content else {
            return .done(.failure("what the server answered is not HTTP/2"))
        }
        message += content
        let bad = DialogueTurn.done(.failure("the server's answer is not one of grpc.health.v1"))
        guard message.count >= 5 else {
            return frame.flags & HTTP2Frame.Flag.endStream != 0 ? bad : .proceed([])
        }
        let size = message[1..<5].reduce(0) { $0 << 8 | Int($1) }
        guard message[0] == 0, size <= Self.longestMessage else { return bad }
        guard message.count >= 5 + size else {
            return frame.flags & HTTP2Frame.Flag.endStream != 0 ? bad : .proceed([])
        }
        switch Self.status(message[5..<(5 + size)]) {
        case 1: return .done(.success)
        case 0: return .done(.failure("the service answered UNKNOWN"))
        case 2: return .done(.failure("the service answered NOT_SERVING"))
        case 3: return .done(.failure("the service answered SERVICE_UNKNOWN"))
        default: return bad
        }
    }

    /// HealthCheckResponse: the status is field 1, a number, and 0 when it is left out; other fields may come one day.
    private static func status(_ message: ArraySlice<UInt8>) -> Int? {
        var rest = message
        var status = 0
        while !rest.isEmpty {
            guard let tag = number(&rest) else { return nil }
            switch tag & 7 {
            case 0:
                guard let value = number(&rest) else { return nil }
                if tag >> 3 == 1 { status = value }
            case 2:
                guard let size = number(&rest), size <= rest.count else { return nil }
                rest = rest.dropFirst(size)
            default: return nil
            }
        }
        return status
    }

    /// A varint of at most 28 bits.
    private static func number(_ bytes: inout ArraySlice<UInt8>) -> Int? {
        var value = 0
        for shift in [0, 7, 14, 21] {
            guard let byte = bytes.popFirst() else { return nil }
            value |= Int(byte & 0x7f) << shift
            if byte & 0x80 == 0 { return value }
        }
        return nil
    }

    private static func varint(_ number: Int) -> [UInt8] {
        number < 0x80 ? [UInt8(number)] : [UInt8(number & 0x7f) | 0x80] + varint(number >> 7)
    }

    /// A string of RFC 7541, 5.2, as it is; its length in the first seven bits or after them (5.1).
    private static func text(_ string: String) -> [UInt8] {
        let bytes = Array(string.utf8)
        let size = bytes.count < 127 ? [UInt8(bytes.count)] : [127] + varint(bytes.count - 127)
        return size + bytes
    }
}
