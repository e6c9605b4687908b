// SPDX-License-Identifier: Apache-2.0
internal import Glibc
internal import Linux
internal import Synchronization

/// One connection to a fake agent, on the thread that serves it.
public final class Exchange: Sendable {
    private let socket: Descriptor
    private let head = Mutex("")

    init(socket: Descriptor) { self.socket = socket }

    /// `METHOD TARGET HTTP/1.1`.
    public var requestLine: String { head.withLock { String($0.prefix { $0 != "\r\n" }) } }

    /// All of it, with its fields.
    var wholeHead: String { head.withLock { $0 } }

    /// The target of the request.
    public var target: String {
        requestLine.split(separator: " ").dropFirst().first.map(String.init) ?? ""
    }

    func readHead() throws {
        var bytes: [UInt8] = []
        while !bytes.suffix(4).elementsEqual("\r\n\r\n".utf8) {
            let byte = try read(1)
            guard !byte.isEmpty else { throw LinuxError("read", "head", errno: ECONNRESET) }
            bytes += byte
        }
        head.withLock { $0 = String(decoding: bytes, as: UTF8.self) }
    }

    /// The whole body, by its length or in chunks.
    func readBody() throws -> [UInt8] {
        let fields = head.withLock { $0.lowercased() }
        if fields.contains("transfer-encoding: chunked") {
            var body: [UInt8] = []
            while let chunk = try readChunk() { body += chunk }
            return body
        }
        guard let field = fields.firstRange(of: "content-length: ") else { return [] }
        return try read(exactly: Int(fields[field.upperBound...].prefix { $0.isNumber }) ?? 0)
    }

    /// The next chunk of the body; nil at its end.
    public func readChunk() throws -> [UInt8]? {
        var line: [UInt8] = []
        while !line.suffix(2).elementsEqual("\r\n".utf8) { line += try read(exactly: 1) }
        let count = Int(String(decoding: line.dropLast(2), as: UTF8.self), radix: 16) ?? 0
        let chunk = try read(exactly: count + 2).dropLast(2)
        return count == 0 ? nil : Array(chunk)
    }

    /// Says no more, and reads what comes until the other side has read all.
    func linger() {
        shutdown(socket.number, Int32(SHUT_WR))
        while let more = try? read(1 << 16), !more.isEmpty {}
    }

    private func read(exactly count: Int) throws -> [UInt8] {
        var bytes: [UInt8] = []
        while bytes.count < count {
            let more = try read(count - bytes.count)
            guard !more.isEmpty else { throw LinuxError("read", "body", errno: ECONNRESET) }
            bytes += more
        }
        return bytes
    }

    private func read(_ count: Int) throws -> [UInt8] { try socket.read(count) }

    /// Writes bytes as they are; a client that is gone is an error.
    public func write(_ bytes: [UInt8]) throws {
        var rest = bytes[...]
        while !rest.isEmpty {
            let count = rest.withUnsafeBytes {
                send(socket.number, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL))
            }
            rest = rest.dropFirst(try check("send", "client", count))
        }
    }

    /// Writes text as it is.
    public func write(_ text: String) throws { try write(Array(text.utf8)) }

    /// A whole answer.
    public func answer(_ body: String, status: String = "200 OK") throws {
        try write("HTTP/1.1 \(status)\r\nContent-Length: \(body.utf8.count)\r\n\r\n\(body)")
    }

    /// The head of an answer in chunks.
    public func begin() throws { try write("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n") }

    /// A chunk.
    public func chunk(_ bytes: [UInt8]) throws {
        try write("\(String(bytes.count, radix: 16))\r\n")
        try write(bytes + Array("\r\n".utf8))
    }

    /// A chunk of text.
    public func chunk(_ text: String) throws { try chunk(Array(text.utf8)) }

    /// The end of an answer in chunks.
    public func finish() throws { try write("0\r\n\r\n") }

    /// Waits until the client has closed its side.
    public func waitForClose() throws { while try !read(65_536).isEmpty {} }
}
