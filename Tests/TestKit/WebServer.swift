// SPDX-License-Identifier: Apache-2.0
public import Linux
internal import Synchronization

/// A request as it came.
public struct Asked: Sendable {
    /// `GET` and its like.
    public var method: String
    /// With the query.
    public var target: String
    /// By their names in lower case.
    public var fields: [String: String]
    /// What came along.
    public var body: [UInt8]
    /// Without the query.
    public var path: String { String(target.prefix { $0 != "?" }) }
}

/// An answer as it goes.
public struct Answer: Sendable {
    /// The status code.
    public var status: Int
    /// Fields of the head besides `Content-Length`.
    public var fields: [(String, String)]
    /// What follows the head.
    public var body: [UInt8]
    /// What is said about the length; nil is the truth.
    public var length: Int?
    /// Nothing is said about the length, and the connection ends with the body.
    public var hasNoLength: Bool
    /// The connection ends after so many bytes of the body.
    public var cut: Int?
    /// How the first line begins.
    public var version: String

    /// An answer that tells the truth, unless it is told not to.
    public init(
        status: Int = 200,
        fields: [(String, String)] = [],
        body: [UInt8] = [],
        length: Int? = nil,
        hasNoLength: Bool = false,
        cut: Int? = nil,
        version: String = "HTTP/1.1"
    ) {
        self.status = status
        self.fields = fields
        self.body = body
        self.length = length
        self.hasNoLength = hasNoLength
        self.cut = cut
        self.version = version
    }
}

/// A server that speaks HTTP/1.1, and remembers what it was asked.
public final class WebServer: Sendable {
    /// What listens for it.
    public let server: LoopbackServer
    private let log: Log

    private final class Log: Sendable {
        let asked = Mutex<[Asked]>([])
        let sent = Mutex(0)
    }

    /// Answers each request with what `answer` makes of it; nil ends the connection.
    ///
    /// `look` sees the head before the body is read, and may have the answer already. `meet` may serve the connection
    /// itself before: it returns false then.
    public init(
        address: String = "127.0.0.1",
        port: UInt16 = 0,
        answer: @escaping @Sendable (Asked) -> Answer?,
        meet: @escaping @Sendable (Asked, Descriptor) -> Bool = { _, _ in true },
        look: @escaping @Sendable (Asked) -> Answer? = { _ in nil }
    ) throws {
        let log = Log()
        self.log = log
        server = try LoopbackServer(address: address, port: port) { socket in
            let isHead = { (asked: Asked) in asked.method == "HEAD" }
            while let head = Self.head(socket) {
                let early = look(head)
                guard let asked = Self.body(head, socket) else { return }
                log.asked.withLock { $0.append(asked) }
                guard meet(asked, socket), let answer = early ?? answer(asked) else { return }
                var head = "\(answer.version) \(answer.status) Because\r\n"
                if !answer.hasNoLength { head += "Content-Length: \(answer.length ?? answer.body.count)\r\n" }
                for (name, value) in answer.fields { head += "\(name): \(value)\r\n" }
                guard LoopbackServer.send(Array((head + "\r\n").utf8), to: socket) else { return }
                if isHead(asked) { continue }
                let body = answer.cut.map { Array(answer.body.prefix($0)) } ?? answer.body
                log.sent.withLock { $0 += body.count }
                guard LoopbackServer.send(body, to: socket), answer.cut == nil, !answer.hasNoLength,
                    (answer.length ?? body.count) == body.count
                else { return }
            }
        }
    }

    /// `ADDRESS:PORT`.
    public var name: String { server.name }
    /// What it was asked so far.
    public var asked: [Asked] { log.asked.withLock { $0 } }
    /// Bytes of bodies.
    public var sent: Int { log.sent.withLock { $0 } }

    private static func head(_ socket: Descriptor) -> Asked? {
        var bytes: [UInt8] = []
        while !bytes.suffix(4).elementsEqual("\r\n\r\n".utf8) {
            guard let byte = try? socket.read(1), !byte.isEmpty else { return nil }
            bytes += byte
        }
        let lines = String(decoding: bytes, as: UTF8.self).split(separator: "\r\n")
        let words = lines[0].split(separator: " ")
        guard words.count == 3 else { return nil }
        var fields: [String: String] = [:]
        for line in lines.dropFirst() {
            guard let colon = line.firstIndex(of: ":") else { continue }
            fields[line[..<colon].lowercased()] = String(line[line.index(after: colon)...].drop { $0 == " " })
        }
        return Asked(method: String(words[0]), target: String(words[1]), fields: fields, body: [])
    }

    private static func body(_ head: Asked, _ socket: Descriptor) -> Asked? {
        var asked = head
        let length = head.fields["content-length"].flatMap { Int($0) } ?? 0
        if head.fields["expect"] == "100-continue" {
            guard LoopbackServer.send(Array("HTTP/1.1 100 Continue\r\n\r\n".utf8), to: socket) else {
                return nil
            }
        }
        while asked.body.count < length {
            guard let more = try? socket.read(min(65_536, length - asked.body.count)), !more.isEmpty else {
                return nil
            }
            asked.body += more
        }
        return asked
    }
}
