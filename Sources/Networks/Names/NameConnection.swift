// SPDX-License-Identifier: Apache-2.0
internal import Glibc
internal import Linux
internal import Netlink

/// A container's TCP connection to its name server.
///
/// Used by the server's thread alone.
final class NameConnection {
    let socket: Descriptor
    let network: String
    /// Who made it.
    let asker: IPAddress?
    private(set) var deadline = ContinuousClock.now + NameConnection.patience
    private(set) var isClosed = false
    /// Queries of this connection that a resolver has yet to answer.
    var pending = 0
    private var frame = StreamFrame()
    private var unsent: [UInt8] = []

    /// How long a connection may be idle.
    static let patience = Duration.seconds(10)
    /// How much may wait for a client that does not read.
    private static let backlog = 262_144

    init(_ socket: Descriptor, network: String, asker: IPAddress? = nil) {
        self.socket = socket
        self.asker = asker
        self.network = network
    }

    /// A client that does not take its answers is not heard further.
    var interest: Int32 { unsent.isEmpty ? POLLIN : POLLOUT }

    /// Goes on after poll(2); returns the queries that are whole now.
    func proceed() -> [[UInt8]] {
        if !unsent.isEmpty {
            flush()
            return []
        }
        if case .closed = frame.read(from: socket, limit: NameQuery.longest) { isClosed = true }
        var queries: [[UInt8]] = []
        while let query = frame.next() { queries.append(query) }
        if !queries.isEmpty { deadline = .now + NameConnection.patience }
        return queries
    }

    func reply(_ message: [UInt8]) {
        unsent += StreamFrame.encode(message)
        if unsent.count > NameConnection.backlog { isClosed = true }
        flush()
    }

    private func flush() {
        while !unsent.isEmpty {
            let count = send(socket.number, unsent, unsent.count, Int32(MSG_NOSIGNAL))
            guard count > 0 else {
                if errno != EAGAIN && errno != EINTR { isClosed = true }
                return
            }
            unsent.removeFirst(count)
            deadline = .now + NameConnection.patience
        }
    }
}
