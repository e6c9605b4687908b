// SPDX-License-Identifier: Apache-2.0
internal import Glibc
public import Linux
internal import Synchronization

/// Clients that ask a port of this host one page after another, each on a connection of its own, until they are
/// told to end.
public final class RequestLoad: Sendable {
    private struct State {
        var answered = 0
        var failures: [String] = []
        var clients: Int
        var isOver = false
    }

    private let state: Mutex<State>
    private let port: UInt16
    private let isGood: @Sendable (String) -> Bool

    /// Begins to ask; an answer that is not good is a failure.
    public init(port: UInt16, clients: Int = 3, isGood: @escaping @Sendable (String) -> Bool)
        throws(LinuxError)
    {
        self.port = port
        self.isGood = isGood
        state = Mutex(State(clients: clients))
        for _ in 0..<clients { try Thread.detach { self.askOnAndOn() } }
    }

    /// How many answers were good.
    public var answered: Int { state.withLock(\.answered) }

    /// Why others were not, the first hundred.
    public var failures: [String] { state.withLock(\.failures) }

    /// Waits until so many were answered, and ends.
    public func end(after count: Int) async throws {
        let deadline = ContinuousClock.now + .seconds(300)
        while answered < count, failures.count < 100, ContinuousClock.now < deadline {
            try await Task.sleep(for: .milliseconds(20))
        }
        state.withLock { $0.isOver = true }
        while state.withLock(\.clients) > 0 { try await Task.sleep(for: .milliseconds(20)) }
    }

    deinit { state.withLock { $0.isOver = true } }

    private func askOnAndOn() {
        while !state.withLock(\.isOver) {
            let fault: String?
            do throws(LinuxError) {
                let answer = try ask()
                fault = isGood(answer) ? nil : "answer '\(answer.prefix(200))'"
            } catch {
                fault = "\(error)"
            }
            state.withLock { state in
                if let fault {
                    if state.failures.count < 100 { state.failures.append(fault) }
                } else {
                    state.answered += 1
                }
            }
            usleep(1_000)
        }
        state.withLock { $0.clients -= 1 }
    }

    private func ask() throws(LinuxError) -> String {
        let socket = Descriptor(
            owning: try check(
                "socket",
                "",
                Glibc.socket(AF_INET, Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue), 0)
            )
        )
        var patience = timeval(tv_sec: 60, tv_usec: 0)
        for option in [SO_RCVTIMEO, SO_SNDTIMEO] {
            let size = socklen_t(MemoryLayout<timeval>.size)
            try check("setsockopt", "", setsockopt(socket.number, SOL_SOCKET, option, &patience, size))
        }
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = port.bigEndian
        address.sin_addr.s_addr = UInt32(0x7f00_0001).bigEndian
        let size = socklen_t(MemoryLayout<sockaddr_in>.size)
        let connected = withUnsafePointer(to: &address) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) { connect(socket.number, $0, size) }
        }
        try check("connect", "port \(port)", connected)
        try socket.write(Array("GET / HTTP/1.0\r\nHost: load\r\n\r\n".utf8))
        return String(decoding: try socket.readAll(limit: 1 << 20), as: UTF8.self)
    }
}
