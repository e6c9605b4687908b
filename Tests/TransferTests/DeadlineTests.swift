// SPDX-License-Identifier: Apache-2.0
internal import Glibc
internal import Linux
internal import Synchronization
internal import TestKit
internal import Testing

@testable internal import Transfer

/// Transfers that would last for ever.
@Suite struct DeadlineTests {
    /// Sends a head, then a block every few milliseconds: fast enough for every limit but the deadline.
    private func drip() throws -> LoopbackServer {
        try LoopbackServer { socket in
            _ = try? socket.read(4096)
            guard LoopbackServer.send("HTTP/1.1 200 OK\r\n\r\n", to: socket) else { return }
            let block = [UInt8](repeating: 7, count: 1000)
            while LoopbackServer.send(block, to: socket) { usleep(5000) }
        }
    }

    @Test func `a deadline ends what comes steadily and never ends`() throws {
        let server = try drip()
        var limits = TransferLimits()
        limits.total = .seconds(1)
        let request = TransferRequest("GET", try TransferURL("http://\(server.name)/"), limits: limits)
        let transfer = try TransferClient().send(request, in: TransferScope())
        let error = #expect(throws: TransferError.self) { try transfer.readAll() }
        guard case .time(let text) = error?.cause else {
            return #expect(Bool(false), "\(error?.description ?? "")")
        }
        #expect(text.contains("timed out"), "\(text)")
    }

    @Test func `a cap ends it too, and calling it off`() throws {
        let server = try drip()
        let url = try TransferURL("http://\(server.name)/")
        let client = try TransferClient()
        var limits = TransferLimits()
        limits.body = 20_000
        let small = try client.send(TransferRequest("GET", url, limits: limits), in: TransferScope())
        let over = #expect(throws: TransferError.self) { try small.readAll() }
        #expect(over?.cause == .limit("the answer is longer than 20000 bytes"))
        let scope = TransferScope()
        let open = try client.send(TransferRequest("GET", url), in: scope)
        #expect(try open.read()?.isEmpty == false)
        scope.cancel()
        let ended = #expect(throws: TransferError.self) { while try open.read() != nil {} }
        #expect(ended?.cause == .cancelled)
    }
}
