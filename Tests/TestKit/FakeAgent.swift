// SPDX-License-Identifier: Apache-2.0
internal import Glibc
internal import Linux
internal import Synchronization

/// Listens where an agent would and answers each connection as the test says, byte by byte if it likes.
public final class FakeAgent: Sendable {
    /// Its runtime folder.
    public let runtime: String
    private let listener: Descriptor
    private let heads = Mutex<[String]>([])
    private let bodies = Mutex<[String]>([])

    /// Answers each connection on a thread of its own.
    ///
    /// `readsBody` reads the whole body before `answer` is asked.
    public init(
        readsBody: Bool = true,
        _ answer: @escaping @Sendable (Exchange) throws -> Void
    ) throws {
        runtime = "/var/tmp/martlet-test-\(getpid())-\(UInt32.random(in: 0...UInt32.max))"
        try check("mkdir", runtime, mkdir(runtime, 0o700))
        listener = try Descriptor.bind("\(runtime)/martlet.sock", kind: Int32(SOCK_STREAM.rawValue))
        try check("listen", runtime, listen(listener.number, 16))
        try Thread.detach { [self] in
            while true {
                let number = accept(listener.number, nil, nil)
                // A program that the test starts must not hold the connection open.
                guard number >= 0, let socket = try? Descriptor(owning: number).duplicate() else { return }
                let exchange = Exchange(socket: socket)
                try? Thread.detach { [self] in serve(exchange, readsBody: readsBody, answer) }
            }
        }
    }

    /// The fields of each head so far, in lower case but for their values.
    public var fields: [[String]] {
        heads.withLock { $0.map { $0.split(separator: "\r\n").dropFirst().map(Self.field) } }
    }
    /// The request lines so far.
    public var requests: [String] {
        heads.withLock { $0.map { String($0.prefix { $0 != "\r\n" }) } }
    }
    /// The bodies so far, of requests whose body was read.
    public var sent: [String] { bodies.withLock { $0 } }

    /// Stops listening and takes its folder away.
    public func end() throws {
        shutdown(listener.number, Int32(SHUT_RDWR))
        try Shell.run("rm -rf \(runtime)")
    }

    private static func field(_ line: Substring) -> String {
        let name = line.prefix { $0 != ":" }
        return name.lowercased() + line.dropFirst(name.count)
    }

    private func serve(
        _ exchange: Exchange,
        readsBody: Bool,
        _ answer: @Sendable (Exchange) throws -> Void
    ) {
        do {
            try exchange.readHead()
            heads.withLock { $0.append(exchange.wholeHead) }
            if readsBody {
                let body = try exchange.readBody()
                bodies.withLock { $0.append(String(decoding: body, as: UTF8.self)) }
            }
            try answer(exchange)
            // RFC 9112, 9.6: who closes with unread data takes the answer along.
            if !readsBody { exchange.linger() }
        } catch {
            // The client went away, as some tests want it to.
        }
    }
}

/// Runs `body` with an agent that answers as the test says.
public func withFakeAgent(
    readsBody: Bool = true,
    answer: @escaping @Sendable (Exchange) throws -> Void,
    _ body: (FakeAgent) async throws -> Void
) async throws {
    let agent = try FakeAgent(readsBody: readsBody, answer)
    do {
        try await body(agent)
    } catch {
        try agent.end()
        throw error
    }
    try agent.end()
}
