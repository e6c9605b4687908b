// SPDX-License-Identifier: Apache-2.0
internal import Glibc
internal import Linux
internal import Synchronization
internal import TestKit

/// Passes HTTP requests to a server of 127.0.0.1, and does to some of them what networks and servers do.
///
/// What happens to the n-th request the seed decides alone.
final class FaultProxy: Sendable {
    /// What happens to a request.
    enum Fault: CaseIterable {
        /// Its connection ends after some of its bytes.
        case cutRequest
        /// The server has done it, and the connection ends after some bytes of the answer.
        case cutAnswer
        /// The server has done it, and nobody says so.
        case swallow
        /// The server does not look at it: 500, 503 or `SlowDown`.
        case refuse
        /// The server has done it, and something between says 500.
        case deny
        /// The answer comes in small parts.
        case throttle
    }

    private struct Script {
        var random = SeededGenerator(seed: 0)
        var percent = 0
        var faults: [Fault: Int] = [:]
    }

    private let script = Mutex(Script())
    private let far: UInt16
    private let kinds: [Fault]
    private let server: Mutex<LoopbackServer?> = Mutex(nil)

    /// Passes on to a port, with faults of these kinds.
    init(to port: UInt16, _ kinds: [Fault] = Fault.allCases) throws {
        far = port
        self.kinds = kinds
        let server = try LoopbackServer { [weak self] in self?.serve($0) }
        self.server.withLock { $0 = server }
    }

    /// Where it listens.
    var port: UInt16 { server.withLock { $0?.port ?? 0 } }

    /// Begins a script: so many of a hundred requests fail in some way.
    func begin(seed: UInt64, percent: Int) {
        script.withLock {
            $0.random = SeededGenerator(seed: seed)
            $0.percent = percent
        }
    }

    /// How often each fault was done.
    var faults: [Fault: Int] { script.withLock(\.faults) }

    private func next() -> (fault: Fault?, share: Double) {
        script.withLock { script in
            let isDue = Int.random(in: 0..<100, using: &script.random) < script.percent
            let fault = kinds.randomElement(using: &script.random)
            let share = Double.random(in: 0..<1, using: &script.random)
            guard isDue, let fault else { return (nil, share) }
            script.faults[fault, default: 0] += 1
            return (fault, share)
        }
    }

    private func serve(_ socket: Descriptor) {
        var client = HTTPBytes(socket), server: HTTPBytes?
        defer { shutdown(socket.number, Int32(SHUT_RDWR)) }
        while let request = client.request() {
            let (fault, share) = next()
            if fault == .refuse {
                let status = ["500 Internal Server Error", "503 Service Unavailable", "503 Slow Down"][
                    Int(share * 3)
                ]
                let body = share < 0.66 ? "" : "<Error><Code>SlowDown</Code><Message>slow</Message></Error>"
                guard Self.answer(status, body, to: socket) else { return }
                continue
            }
            if server == nil { server = (try? LoopbackServer.connect(to: far)).map { HTTPBytes($0) } }
            guard server != nil else { return }
            if fault == .cutRequest {
                let part = request.prefix(Int(Double(request.count) * share))
                _ = LoopbackServer.send(Array(part), to: server?.socket ?? socket)
                shutdown(server?.socket.number ?? -1, Int32(SHUT_RDWR))
                return
            }
            guard let far = server?.socket, LoopbackServer.send(request, to: far),
                let answer = server?.answer(to: request)
            else { return }
            switch fault {
            case .cutAnswer:
                _ = LoopbackServer.send(Array(answer.prefix(Int(Double(answer.count) * share))), to: socket)
                return
            case .swallow: return
            case .deny: guard Self.answer("500 Internal Server Error", "", to: socket) else { return }
            case .throttle:
                let size = max(answer.count / 8, 1)
                for start in stride(from: 0, to: answer.count, by: size) {
                    let part = Array(answer[start..<min(start + size, answer.count)])
                    guard LoopbackServer.send(part, to: socket) else { return }
                    usleep(1_000)
                }
            default: guard LoopbackServer.send(answer, to: socket) else { return }
            }
            if server?.isOver == true { server = nil }
        }
    }

    private static func answer(_ status: String, _ body: String, to socket: Descriptor) -> Bool {
        let head =
            "HTTP/1.1 \(status)\r\nContent-Type: application/xml\r\nContent-Length: \(body.utf8.count)\r\n\r\n"
        return LoopbackServer.send(head + body, to: socket)
    }
}

/// The messages of HTTP/1.1 on a connection, as the bytes that they are.
private struct HTTPBytes {
    let socket: Descriptor
    private var buffer: [UInt8] = []
    /// The other side said that it ends the connection.
    private(set) var isOver = false

    init(_ socket: Descriptor) { self.socket = socket }

    /// The next request, whole, nil at the end; who waits to be asked for the body is.
    mutating func request() -> [UInt8]? {
        guard let head = head() else { return nil }
        let fields = String(decoding: head, as: UTF8.self).lowercased()
        if fields.contains("expect: 100-continue") {
            guard LoopbackServer.send("HTTP/1.1 100 Continue\r\n\r\n", to: socket) else { return nil }
        }
        return body(fields, whole: false).map { head + $0 }
    }

    /// The answer to a request.
    mutating func answer(to request: [UInt8]) -> [UInt8]? {
        while let head = head() {
            let fields = String(decoding: head, as: UTF8.self).lowercased()
            let status = fields.dropFirst(9).prefix(3)
            if status.hasPrefix("1") { continue }
            isOver = fields.contains("connection: close")
            if request.starts(with: "HEAD ".utf8) || status == "204" || status == "304" { return head }
            return body(fields, whole: isOver).map { head + $0 }
        }
        return nil
    }

    private mutating func head() -> [UInt8]? {
        while true {
            if let end = Self.end(of: buffer) { return take(end) }
            guard fill() else { return nil }
        }
    }

    private mutating func body(_ fields: String, whole: Bool) -> [UInt8]? {
        if fields.contains("transfer-encoding: chunked") {
            var body: [UInt8] = []
            while true {
                guard let line = line(), let size = Int(Self.digits(line), radix: 16),
                    let chunk = bytes(size + 2)
                else { return nil }
                body += line + chunk
                if size == 0 { return body }
            }
        }
        guard let field = fields.firstRange(of: "content-length: ") else {
            if whole { while fill() {} }
            return take(whole ? buffer.count : 0)
        }
        return bytes(Int(fields[field.upperBound...].prefix { $0.isNumber }) ?? 0)
    }

    private static func digits(_ line: [UInt8]) -> String {
        String(decoding: line.prefix { $0 != 0x0D && $0 != 0x3B }, as: UTF8.self)
    }

    private static func end(of bytes: [UInt8]) -> Int? {
        guard bytes.count > 3 else { return nil }
        return (4...bytes.count).first { bytes[($0 - 4)..<$0].elementsEqual("\r\n\r\n".utf8) }
    }

    private mutating func line() -> [UInt8]? {
        while true {
            if let end = buffer.firstIndex(of: 0x0A) { return take(end + 1) }
            guard fill() else { return nil }
        }
    }

    private mutating func bytes(_ count: Int) -> [UInt8]? {
        while buffer.count < count { guard fill() else { return nil } }
        return take(count)
    }

    private mutating func take(_ count: Int) -> [UInt8] {
        defer { buffer.removeFirst(count) }
        return Array(buffer.prefix(count))
    }

    private mutating func fill() -> Bool {
        guard let more = try? socket.read(256 << 10), !more.isEmpty else { return false }
        buffer += more
        return true
    }
}
