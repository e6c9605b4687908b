// SPDX-License-Identifier: Apache-2.0
internal import Glibc
internal import Linux
internal import Synchronization

/// A server on this machine, a thread for each of its connections; it ends with its last reference.
final class LoopbackServer: Sendable {
    let address: String
    let port: UInt16
    private let listener: Descriptor

    /// Listens on a free port; `serve` has a connection until it returns.
    init(address: String = "127.0.0.1", serve: @escaping @Sendable (Descriptor) -> Void) throws {
        self.address = address
        listener = Descriptor(
            owning: try check(
                "socket",
                "",
                socket(AF_INET, Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue), 0)
            )
        )
        var place = sockaddr_in()
        place.sin_family = sa_family_t(AF_INET)
        inet_pton(AF_INET, address, &place.sin_addr)
        var size = socklen_t(MemoryLayout<sockaddr_in>.size)
        let number = listener.number
        try withUnsafeMutablePointer(to: &place) {
            try $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                try check("bind", address, bind(number, $0, size))
                try check("listen", address, listen(number, 64))
                try check("getsockname", address, getsockname(number, $0, &size))
            }
        }
        port = UInt16(bigEndian: place.sin_port)
        let listener = listener
        try Thread.detach {
            while true {
                let client = accept(listener.number, nil, nil)
                guard client >= 0 else {
                    if errno == EINTR || errno == ECONNABORTED { continue }
                    return
                }
                let socket = Descriptor(owning: client)
                _ = fcntl(client, F_SETFD, FD_CLOEXEC)
                var on: Int32 = 1
                setsockopt(client, Int32(IPPROTO_TCP), TCP_NODELAY, &on, 4)
                try? Thread.detach { serve(socket) }
            }
        }
    }

    deinit { shutdown(listener.number, Int32(SHUT_RDWR)) }

    var name: String { "\(address):\(port)" }
}

/// A request as it came.
struct Asked: Sendable {
    var method: String
    /// With the query.
    var target: String
    /// By their names in lower case.
    var fields: [String: String]
    var body: [UInt8]
    var path: String { String(target.prefix { $0 != "?" }) }
}

/// An answer as it goes.
struct Answer: Sendable {
    var status = 200
    var fields: [(String, String)] = []
    var body: [UInt8] = []
    /// What is said about the length; nil is the truth.
    var length: Int?
    /// Nothing is said about the length, and the connection ends with the body.
    var hasNoLength = false
    /// The connection ends after so many bytes of the body.
    var cut: Int?
    var version = "HTTP/1.1"
}

/// A server that speaks HTTP/1.1, and remembers what it was asked.
final class WebServer: Sendable {
    let server: LoopbackServer
    private let log: Log

    private final class Log: Sendable {
        let asked = Mutex<[Asked]>([])
        let sent = Mutex(0)
    }

    init(address: String = "127.0.0.1", answer: @escaping @Sendable (Asked) -> Answer?) throws {
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

    var name: String { server.name }
    /// What it was asked so far.
    var asked: [Asked] { log.asked.withLock { $0 } }
    /// Bytes of bodies.
    var sent: Int { log.sent.withLock { $0 } }

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
