// SPDX-License-Identifier: Apache-2.0
internal import Desired
internal import Glibc
internal import Linux
internal import Synchronization
internal import TestKit
internal import Testing
internal import Transfer

@testable internal import Images

/// Servers that are slow, silent, endless, old or not there: a pull ends in bounded time, and says why.
@Suite(.enabled(if: geteuid() == 0, "needs root")) struct SlowRegistryTests {
    static let layer = MemoryRegistry.layer("file", 300_000)
    static let path = "/blobs/\(Digest(of: layer))"

    /// A registry whose layer is sent by `serve`, which has the connection after the request.
    private func registry(
        _ serve: @escaping @Sendable (Asked, Descriptor) -> Void
    ) throws -> (name: String, server: WebServer) {
        let content = MemoryRegistry.image([Self.layer])
        let server = try WebServer(answer: { MemoryRegistry.honest($0, content) }) { asked, socket in
            guard asked.path.hasSuffix(Self.path) else { return true }
            serve(asked, socket)
            return false
        }
        return (server.name, server)
    }

    /// What a pull with low limits says; nothing is in the store afterwards.
    private func failure(
        _ name: String,
        change: (inout RegistryConfiguration) -> Void = { _ in }
    ) throws -> String {
        let shop = try Workshop()
        let store = try shop.store()
        let start = ContinuousClock.now
        let error = try #require(throws: ImageError.self) {
            try store.pull(
                Reference("\(name)/app:1"),
                from: MemoryRegistry.client([name], attempts: 2, change: change)
            )
        }
        // Bounded, on the slowest machine.
        #expect(start.duration(to: .now) < .seconds(120))
        #expect(try store.list().isEmpty && store.content.digests().isEmpty && store.layers.diffIDs().isEmpty)
        return error.description
    }

    @Test func `a layer that comes a byte a second is given up, though each attempt brings something`() throws
    {
        let (name, server) = try registry { _, socket in
            guard
                LoopbackServer.send(
                    "HTTP/1.1 200 OK\r\nContent-Length: \(Self.layer.count)\r\n\r\n",
                    to: socket
                )
            else { return }
            for byte in Self.layer {
                guard LoopbackServer.send([byte], to: socket) else { return }
                sleep(1)
            }
        }
        let text = try failure(name)
        #expect(text.contains(name) && text.contains("too slow"), "\(text)")
        #expect(server.asked.filter { $0.path.hasSuffix(Self.path) }.count == 2)
    }

    @Test func `a layer of which each connection brings a byte is given up`() throws {
        let (name, server) = try registry { asked, socket in
            let start = asked.fields["range"].flatMap { Int($0.dropFirst("bytes=".count).dropLast()) } ?? 0
            _ = LoopbackServer.send(
                "HTTP/1.1 206 OK\r\nContent-Range: bytes \(start)-\(Self.layer.count - 1)/\(Self.layer.count)\r\n"
                    + "Content-Length: \(Self.layer.count - start)\r\n\r\n",
                to: socket
            )
            _ = LoopbackServer.send([Self.layer[start]], to: socket)
        }
        let text = try failure(name) { $0.retry.attempts = 5 }
        #expect(text.contains(name), "\(text)")
        #expect(server.asked.filter { $0.path.hasSuffix(Self.path) }.count == 5)
    }

    @Test func `a server that hangs is given up, before its head, in its body, and in its handshake`() throws
    {
        let silent = try LoopbackServer { socket in while let bytes = try? socket.read(512), !bytes.isEmpty {}
        }
        var text = try failure(silent.name)
        #expect(text.contains(silent.name) && text.contains("too slow"), "\(text)")
        text = try failure(silent.name) {
            $0.registries[0].security = .verified
            $0.limits.connect = .seconds(1)
        }
        #expect(text.contains(silent.name) && text.contains("SSL connection timeout"), "\(text)")
        let (name, server) = try registry { _, socket in
            _ = LoopbackServer.send(
                "HTTP/1.1 200 OK\r\nContent-Length: \(Self.layer.count)\r\n\r\n",
                to: socket
            )
            while let bytes = try? socket.read(512), !bytes.isEmpty {}
        }
        text = try failure(name)
        #expect(text.contains(name) && text.contains("too slow"), "\(text)")
        #expect(server.asked.filter { $0.path.hasSuffix(Self.path) }.count == 2)
    }

    @Test func `a layer without an end is cut at its size`() throws {
        for head in ["HTTP/1.1 200 OK\r\n\r\n", "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"] {
            let sent = Atomic(0)
            let isChunked = head.contains("chunked")
            let (name, server) = try registry { _, socket in
                let block = [UInt8](repeating: 7, count: 64 << 10)
                let framed = isChunked ? Array("10000\r\n".utf8) + block + Array("\r\n".utf8) : block
                guard LoopbackServer.send(head, to: socket) else { return }
                while LoopbackServer.send(framed, to: socket) { sent.add(block.count, ordering: .relaxed) }
            }
            let text = try failure(name)
            // Who unpacks it meanwhile may see first that it is none.
            #expect(text.contains("longer than") || text.contains("unrecognized archive format"), "\(text)")
            #expect(server.asked.filter { $0.path.hasSuffix(Self.path) }.count == 1)
            // What was on its way is bounded by buffers of sockets and ours.
            #expect(sent.load(ordering: .relaxed) < 32 << 20)
        }
    }

    @Test func `a server that is not there, or has no address, is named`() throws {
        let port = try LoopbackServer.freePort()
        var text = try failure("127.0.0.1:\(port)")
        #expect(text.contains("127.0.0.1:\(port)") && text.contains("onnection refused"), "\(text)")
        text = try failure("registry.invalid:\(port)")
        #expect(text.contains("registry.invalid:\(port)") && text.contains("could not resolve"), "\(text)")
    }

    @Test func `a server of HTTP 1_0 that is honest is good enough, and goes on after a cut`() throws {
        let cuts = Atomic(0)
        let registry = try MemoryRegistry(MemoryRegistry.image([Self.layer])) { asked, honest in
            var answer = honest
            answer.version = "HTTP/1.0"
            answer.hasNoLength = true
            if asked.path.hasSuffix(Self.path), cuts.add(1, ordering: .relaxed).newValue < 4 {
                answer.cut = 70_000
            }
            return answer
        }
        let shop = try Workshop()
        let image = try shop.store().pull(from: registry)
        #expect(image.layers.count == 1)
        let ranges = registry.web.asked.filter { $0.path.hasSuffix(Self.path) }.map {
            $0.fields["range"] ?? ""
        }
        #expect(ranges == ["", "bytes=70000-", "bytes=140000-", "bytes=210000-"])
    }

    /// What a server may make of a range, besides what was asked for.
    static let ranges: [(String, @Sendable (Answer, Int) -> Answer)] = [
        ("the whole", { _, _ in Answer(body: layer) }),
        (
            "the whole, compressed",
            { _, _ in Answer(fields: [("Content-Encoding", "gzip")], body: layer) }
        ),
        (
            "the part, compressed",
            { honest, _ in
                var answer = honest
                answer.fields.append(("Content-Encoding", "gzip"))
                return answer
            }
        ),
        (
            "another part",
            { _, start in
                Answer(
                    status: 206,
                    fields: [("Content-Range", "bytes \(start + 1)-\(layer.count - 1)/\(layer.count)")],
                    body: Array(layer[(start + 1)...])
                )
            }
        ),
        ("that there is none", { _, _ in Answer(status: 416) }),
        (
            "several parts",
            { _, _ in
                Answer(status: 206, fields: [("Content-Type", "multipart/byteranges; boundary=x")], body: [1])
            }
        ),
    ]

    @Test(arguments: ranges.indices)
    func `whatever a server makes of a range, the layer is right`(_ index: Int) throws {
        let isFirst = Atomic(true)
        let registry = try MemoryRegistry(MemoryRegistry.image([Self.layer])) { asked, honest in
            guard asked.path.hasSuffix(Self.path) else { return honest }
            var answer = honest
            if isFirst.exchange(false, ordering: .relaxed) {
                answer.cut = 100_000
                return answer
            }
            let range = asked.fields["range"].flatMap { Int($0.dropFirst("bytes=".count).dropLast()) }
            return range.map { Self.ranges[index].1(answer, $0) } ?? answer
        }
        let shop = try Workshop()
        let image = try shop.store().pull(from: registry)
        let found = try Descriptor.open(image.layers[0] + "/file", O_RDONLY).readAll(limit: 1 << 20)
        #expect(found == Array(Self.layer[512..<300_512]), "\(Self.ranges[index].0)")
    }
}
