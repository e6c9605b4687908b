// SPDX-License-Identifier: Apache-2.0
internal import Glibc
internal import Linux
internal import TestKit
internal import Testing

@testable internal import Transfer

/// Answers that go into a file as they come.
@Suite(.timeLimit(.minutes(2))) struct FileAnswerTests {
    /// More than waits for a reader.
    private static let body = (0..<3_000_000).map { UInt8(truncatingIfNeeded: $0 &* 31 ^ ($0 >> 8)) }

    /// A file that is gone with its descriptor, full of sevens.
    private static func file(_ size: Int) throws -> Descriptor {
        let path = "/var/tmp/martlet-answer-\(getpid())-\(UInt64.random(in: 0...UInt64.max))"
        let file = try Descriptor.open(path, O_CREAT | O_EXCL | O_RDWR, mode: 0o600)
        defer { unlink(path) }
        let content = [UInt8](repeating: 7, count: size)
        try content.withUnsafeBytes { try file.write(all: $0) }
        return file
    }

    private static func content(_ file: Descriptor) throws -> [UInt8] {
        try file.rewind()
        return try file.readAll(limit: 8 << 20)
    }

    /// Says how long the body is, and sends it.
    private static func server(_ body: [UInt8]) throws -> LoopbackServer {
        try LoopbackServer { socket in
            _ = try? socket.read(4096)
            let head = "HTTP/1.1 200 OK\r\nContent-Length: \(body.count)\r\nConnection: close\r\n\r\n"
            guard LoopbackServer.send(head, to: socket) else { return }
            _ = LoopbackServer.send(body, to: socket)
        }
    }

    private static func ask(_ server: LoopbackServer, in scope: TransferScope = TransferScope()) throws
        -> Transfer
    {
        var request = TransferRequest("GET", try TransferURL("http://\(server.name)/"))
        request.isIntoFile = true
        return try TransferClient().send(request, in: scope)
    }

    @Test func `all of it is in its place, and what is around that is as it was`() throws {
        let server = try Self.server(Self.body), file = try Self.file(Self.body.count + 12)
        let transfer = try Self.ask(server)
        // Until there is no more room for what waits.
        usleep(50_000)
        try transfer.write(to: file, at: 5, count: Int64(Self.body.count))
        let around = [UInt8](repeating: 7, count: 7)
        #expect(try Self.content(file) == around.prefix(5) + Self.body + around)
    }

    @Test(arguments: [2_999_999, 100, 3_000_001])
    func `a body that has not as many bytes as were wanted is an error, and writes nothing behind them`(
        _ count: Int
    ) throws {
        let server = try Self.server(Self.body), file = try Self.file(Self.body.count + 10)
        let error = #expect(throws: TransferError.self) {
            try Self.ask(server).write(to: file, at: 0, count: Int64(count))
        }
        guard case .answer = error?.cause else {
            Issue.record("\(String(describing: error))")
            return
        }
        #expect(try Self.content(file).dropFirst(count).allSatisfy { $0 == 7 })
    }

    @Test func `a file that cannot be written is told as such, and nobody is blamed for it`() throws {
        let server = try Self.server(Self.body), client = try TransferClient()
        let full = try Descriptor.open("/dev/full", O_WRONLY)
        var request = TransferRequest("GET", try TransferURL("http://\(server.name)/"))
        request.isIntoFile = true
        let transfer = try client.send(request, in: TransferScope())
        let error = #expect(throws: TransferError.self) {
            try transfer.write(to: full, at: 0, count: Int64(Self.body.count))
        }
        guard case .file(let cause) = error?.cause else {
            Issue.record("\(String(describing: error))")
            return
        }
        #expect(cause.errno == ENOSPC && error?.isTransient == false)
        // The thread goes on.
        let file = try Self.file(0)
        try client.send(request, in: TransferScope()).write(to: file, at: 0, count: Int64(Self.body.count))
        #expect(try Self.content(file) == Self.body)
    }

    @Test func `who waits for the end of what is sent hears that it was called off`() throws {
        // It wants the head, and says nothing to it.
        let server = try LoopbackServer { socket in
            while let bytes = try? socket.read(4096), !bytes.isEmpty {}
        }
        let scope = TransferScope(), hold = TransferHold(), patience = Duration.seconds(60)
        var request = TransferRequest("PUT", try TransferURL("http://\(server.name)/"))
        request.body = .bytes([1])
        request.hold = hold
        let transfers = try TransferClient(), asked = request
        try Thread.detach { _ = try? transfers.send(asked, in: scope) }
        scope.cancel()
        let began = ContinuousClock.now
        #expect(!hold.isReached(within: patience))
        #expect(ContinuousClock.now - began < patience)
    }

    @Test func `one that is called off ends`() throws {
        let server = try LoopbackServer { socket in
            _ = try? socket.read(4096)
            guard LoopbackServer.send("HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\nx", to: socket) else {
                return
            }
            _ = try? socket.read(1)  // until it is closed
        }
        let scope = TransferScope(), file = try Self.file(0)
        let transfer = try Self.ask(server, in: scope)
        try Thread.detach {
            usleep(20_000)
            scope.cancel()
        }
        let error = #expect(throws: TransferError.self) { try transfer.write(to: file, at: 0, count: 1000) }
        #expect(error?.cause == .cancelled)
    }
}
