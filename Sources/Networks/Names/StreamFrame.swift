// SPDX-License-Identifier: Apache-2.0
internal import Glibc
internal import Linux

/// Messages with a two-byte length before them, as names travel over TCP (RFC 1035 section 4.2.2).
struct StreamFrame {
    private var buffer: [UInt8] = []

    enum Status {
        case open
        case closed
    }

    static func encode(_ message: [UInt8]) -> [UInt8] {
        [UInt8(message.count >> 8 & 0xff), UInt8(message.count & 0xff)] + message
    }

    /// Takes what has arrived; the stream counts as closed when it ended, or announces more than `limit`.
    mutating func read(from socket: Descriptor, limit: Int) -> Status {
        var bytes = [UInt8](repeating: 0, count: 4_096)
        let count = recv(socket.number, &bytes, bytes.count, 0)
        if count < 0 { return errno == EAGAIN || errno == EINTR ? .open : .closed }
        guard count > 0 else { return .closed }
        buffer += bytes.prefix(count)
        return buffer.count > limit + 4_096 || (announced ?? 0) > limit ? .closed : .open
    }

    /// The next whole message.
    mutating func next() -> [UInt8]? {
        guard let length = announced, buffer.count >= length + 2 else { return nil }
        let message = Array(buffer[2..<length + 2])
        buffer.removeFirst(length + 2)
        return message
    }

    private var announced: Int? {
        buffer.count >= 2 ? Int(buffer[0]) << 8 | Int(buffer[1]) : nil
    }
}
