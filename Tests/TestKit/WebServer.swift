// SPDX-License-Identifier: Apache-2.0
internal import Glibc
internal import Linux
internal import Synchronization

/// A request as it came.
public struct Asked: Sendable {
    /// The method.
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
    /// Fields of the head.
    public var fields: [(String, String)]
    /// The body.
    public var body: [UInt8]
    /// What is said about the length; nil is the truth.
    public var length: Int?
    /// Nothing is said about the length, and the connection ends with the body.
    public var hasNoLength: Bool
    /// The connection ends after so many bytes of the body.
    public var cut: Int?
    /// The version of HTTP.
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
    /// What listens.
    public let server: LoopbackServer
    private let log: Log

    private final class Log: Sendable {
        let asked = Mutex<[Asked]>([])
        let sent = Mutex(0)
    }

    /// Answers each request as `answer` says; nil ends the connection.
    public init(address: String = "127.0.0.1", answer: @escaping @Sendable (Asked) -> Answer?) throws {
        let log = Log()
        self.log = log
        server = try LoopbackServer(address: address) { socket in
            let isHead = { (asked: Asked) in asked.method == "HEAD" }
            while let asked = Self.read(socket) {
                log.asked.withLock { $0.append(asked) }
                guard let answer = answer(asked) else { return }
                var head = "\(answer.version) \(answer.status) Because\r\n"
                if !answer.hasNoLength { head += "Content-Length: \(answer.length ?? answer.body.count)\r\n" }
                for (name, value) in answer.fields { head += "\(name): \(value)\r\n" }
                guard Self.write(Array((head + "\r\n").utf8), to: socket) else { return }
                if isHead(asked) { continue }
                let body = answer.cut.map { Array(answer.body.prefix($0)) } ?? answer.body
                log.sent.withLock { $0 += body.count }
                guard Self.write(body, to: socket), answer.cut == nil, !answer.hasNoLength,
                    (answer.length ?? body.count) == body.count
                else { return }
            }
        }
    }

    /// Address and port.
    public var name: String { server.name }
    /// What it was asked so far.
    public var asked: [Asked] { log.asked.withLock { $0 } }
    /// Bytes of bodies.
    public var sent: Int { log.sent.withLock { $0 } }

    private static func write(_ bytes: [UInt8], to socket: Descriptor) -> Bool {
        var rest = bytes[...]
        while !rest.isEmpty {
            let count = rest.withUnsafeBytes {
                send(socket.number, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL))
            }
            guard count > 0 else { return false }
            rest = rest.dropFirst(count)
        }
        return true
    }

    private static func read(_ socket: Descriptor) -> Asked? {
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
        var body: [UInt8] = []
        let length = fields["content-length"].flatMap { Int($0) } ?? 0
        while body.count < length {
            guard let more = try? socket.read(min(65_536, length - body.count)), !more.isEmpty else {
                return nil
            }
            body += more
        }
        return Asked(method: String(words[0]), target: String(words[1]), fields: fields, body: body)
    }
}
