// SPDX-License-Identifier: Apache-2.0
internal import Glibc
internal import Linux

/// One query on its way to a resolver of the host, on a socket of its own: so its source port is random and
/// only that resolver can answer.
struct NameExchange {
    /// Who waits for the answer.
    enum Asker {
        case datagram(network: String, socket: Descriptor, peer: Peer)
        case stream(NameConnection)
    }

    let query: NameQuery
    let packet: [UInt8]
    let asker: Asker
    private(set) var socket: Descriptor
    private(set) var deadline: ContinuousClock.Instant
    private(set) var id: UInt16
    private var resolvers: ArraySlice<Endpoint>
    private var frame = StreamFrame()
    private var unsent: [UInt8] = []

    /// How long one resolver may take.
    ///
    /// Three of them are asked before a client's usual five seconds end.
    static let patience = Duration.milliseconds(1_500)

    /// Sends the query to the first resolver that can be reached at all; nil if there is none.
    init?(_ query: NameQuery, packet: [UInt8], asker: Asker, resolvers: ArraySlice<Endpoint>) {
        self.query = query
        self.packet = packet
        self.asker = asker
        var rest = resolvers
        while let resolver = rest.popFirst() {
            let id = UInt16.random(in: 0...UInt16.max)
            guard let socket = Self.connect(resolver, asker) else { continue }
            self.socket = socket
            self.id = id
            self.resolvers = rest
            deadline = .now + Self.patience
            let bytes = [UInt8(id >> 8), UInt8(id & 0xff)] + packet.dropFirst(2)
            if case .stream = asker {
                unsent = StreamFrame.encode(bytes)
            } else if send(socket.number, bytes, bytes.count, Int32(MSG_NOSIGNAL)) < 0 {
                continue
            }
            return
        }
        return nil
    }

    /// The same query to the next resolver; nil if none is left.
    func next() -> NameExchange? {
        NameExchange(query, packet: packet, asker: asker, resolvers: resolvers)
    }

    /// What poll(2) shall wait for.
    var interest: Int32 { unsent.isEmpty ? POLLIN : POLLOUT }

    enum Progress {
        case waiting
        case answer([UInt8])
        case failed
    }

    /// Goes on after poll(2) said that the socket is ready.
    mutating func proceed() -> Progress {
        guard case .stream = asker else { return receive() }
        if !unsent.isEmpty {
            let count = send(socket.number, unsent, unsent.count, Int32(MSG_NOSIGNAL))
            if count < 0 { return errno == EAGAIN ? .waiting : .failed }
            unsent.removeFirst(count)
            return .waiting
        }
        switch frame.read(from: socket, limit: 65_535) {
        case .closed: return .failed
        case .open: break
        }
        guard let answer = frame.next() else { return .waiting }
        return NameDecision.relay(answer, to: query, sentAs: id, limit: 65_535).map(Progress.answer)
            ?? .failed
    }

    private func receive() -> Progress {
        var bytes = [UInt8](repeating: 0, count: 65_535)
        let count = recv(socket.number, &bytes, bytes.count, 0)
        if count < 0 { return errno == EAGAIN || errno == EINTR ? .waiting : .failed }
        let answer = Array(bytes.prefix(count))
        // A forged answer must not end the wait for the true one.
        return NameDecision.relay(answer, to: query, sentAs: id, limit: query.payloadLimit)
            .map(Progress.answer) ?? .waiting
    }

    private static func connect(_ resolver: Endpoint, _ asker: Asker) -> Descriptor? {
        let kind: __socket_type
        if case .stream = asker { kind = SOCK_STREAM } else { kind = SOCK_DGRAM }
        guard let socket = try? resolver.socket(kind) else { return nil }
        let status = resolver.withSocketAddress { Glibc.connect(socket.number, $0, $1) }
        return status == 0 || errno == EINPROGRESS ? socket : nil
    }
}
