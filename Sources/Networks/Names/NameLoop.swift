// SPDX-License-Identifier: Apache-2.0
internal import Glibc
internal import Linux

/// The name server's thread: waits for sockets, and does what `NameDecision` says.
///
/// All tables are bounded, and each network has its own share, so that one container cannot take the names
/// away from another network.
struct NameLoop {
    private static let exchangesPerNetwork = 64
    private static let connectionsPerNetwork = 32
    private static let packetsPerTurn = 64

    private let wake: Descriptor
    private let fixed: [Endpoint]?
    private var known: [Endpoint] = []
    private var refreshed: ContinuousClock.Instant?
    private var exchanges: [NameExchange] = []
    private var connections: [NameConnection] = []
    private var rotation = 0

    init(wake: Descriptor, resolvers: [Endpoint]?) {
        self.wake = wake
        fixed = resolvers
    }

    private enum Source {
        case wake
        case datagrams(String)
        case listener(String)
        case exchange(Int)
        case connection(NameConnection)
    }

    /// Waits once and serves what is ready; whether to go on.
    ///
    /// A query is answered from the tables as they are when it is read, so one asked after an update was made
    /// sees it.
    mutating func turn(_ shared: NameZones) -> Bool {
        guard var zones = shared.current else { return false }
        connections.removeAll { zones[$0.network] == nil }
        exchanges.removeAll { zones[$0.network] == nil }
        var sources: [(Source, Int32, Int32)] = [(.wake, wake.number, POLLIN)]
        for (key, zone) in zones {
            sources.append((.datagrams(key), zone.sockets.udp.number, POLLIN))
            if count(key) < Self.connectionsPerNetwork {
                sources.append((.listener(key), zone.sockets.tcp.number, POLLIN))
            }
        }
        sources += exchanges.enumerated().map { (.exchange($0), $1.socket.number, $1.interest) }
        sources += connections.map { (.connection($0), $0.socket.number, $0.interest) }
        var entries = sources.map { pollfd(fd: $0.1, events: Int16($0.2), revents: 0) }
        guard poll(&entries, nfds_t(entries.count), timeout()) >= 0 else { return true }
        guard let current = shared.current else { return false }
        zones = current
        var finished = Set<Int>()
        for (source, entry) in zip(sources, entries) where entry.revents != 0 {
            switch source.0 {
            case .wake: _ = try? wake.read(4_096)
            case .datagrams(let key): if let zone = zones[key] { serveDatagrams(key, zone) }
            case .listener(let key): if let zone = zones[key] { accept(key, zone) }
            case .exchange(let index): if proceed(index) { finished.insert(index) }
            case .connection(let connection):
                if let zone = zones[connection.network] { serve(connection, zone) }
            }
        }
        expire(finished)
        return true
    }

    private func count(_ key: String) -> Int { connections.count { $0.network == key } }

    private func timeout() -> Int32 {
        let soonest = (exchanges.map(\.deadline) + connections.map(\.deadline)).min()
        guard let soonest else { return -1 }
        let left = ContinuousClock.now.duration(to: soonest) / Duration.milliseconds(1)
        return Int32(max(0, min(left, 60_000))) + 1
    }

    private mutating func serveDatagrams(_ key: String, _ zone: NameZones.Zone) {
        for _ in 0..<Self.packetsPerTurn {
            guard let (packet, peer) = Peer.receive(zone.sockets.udp.number) else { return }
            let asker = NameExchange.Asker.datagram(network: key, socket: zone.sockets.udp, peer: peer)
            let decision = NameDecision.decide(
                packet,
                table: zone.table,
                forwards: zone.forwards,
                turn: nextTurn(),
                asker: peer.address
            )
            switch decision {
            case .drop: break
            case .reply(let bytes): peer.send(bytes, on: zone.sockets.udp.number)
            case .forward(let query): forward(query, packet, asker, key)
            }
        }
    }

    private mutating func accept(_ key: String, _ zone: NameZones.Zone) {
        guard let (socket, peer) = Peer.accept(zone.sockets.tcp.number) else {
            // Out of descriptors: the connection stays readable, so do not spin on it.
            if errno == EMFILE || errno == ENFILE { usleep(10_000) }
            return
        }
        guard fcntl(socket.number, F_SETFL, O_NONBLOCK) == 0, fcntl(socket.number, F_SETFD, FD_CLOEXEC) == 0
        else { return }
        connections.append(NameConnection(socket, network: key, asker: peer.address))
    }

    private mutating func serve(_ connection: NameConnection, _ zone: NameZones.Zone) {
        for packet in connection.proceed() {
            let decision = NameDecision.decide(
                packet,
                table: zone.table,
                forwards: zone.forwards,
                turn: nextTurn(),
                limit: 65_535,
                asker: connection.asker
            )
            switch decision {
            case .drop: break
            case .reply(let bytes): connection.reply(bytes)
            case .forward(let query):
                forward(query, packet, .stream(connection), connection.network)
            }
        }
    }

    private mutating func forward(
        _ query: NameQuery,
        _ packet: [UInt8],
        _ asker: NameExchange.Asker,
        _ key: String
    ) {
        let waiting = exchanges.count { $0.network == key }
        guard waiting < Self.exchangesPerNetwork,
            let exchange = NameExchange(query, packet: packet, asker: asker, resolvers: resolvers()[...])
        else { return NameLoop.answer(asker, NameReply.encode(query, .serverFailure, limit: 65_535)) }
        if case .stream(let connection) = asker { connection.pending += 1 }
        exchanges.append(exchange)
    }

    /// Whether the exchange is over.
    private mutating func proceed(_ index: Int) -> Bool {
        switch exchanges[index].proceed() {
        case .waiting: return false
        case .answer(let bytes):
            exchanges[index].finish(bytes)
            return true
        case .failed: return !retry(index)
        }
    }

    /// Asks the next resolver; when none is left the asker hears of the failure.
    private mutating func retry(_ index: Int) -> Bool {
        if let next = exchanges[index].next() {
            exchanges[index] = next
            return true
        }
        let failed = exchanges[index]
        failed.finish(NameReply.encode(failed.query, .serverFailure, limit: 65_535))
        return false
    }

    private mutating func expire(_ finished: Set<Int>) {
        var finished = finished
        let now = ContinuousClock.now
        for index in exchanges.indices where !finished.contains(index) && exchanges[index].deadline <= now {
            if !retry(index) { finished.insert(index) }
        }
        if !finished.isEmpty {
            exchanges = exchanges.enumerated().filter { !finished.contains($0.offset) }.map(\.element)
        }
        connections.removeAll { $0.isClosed || ($0.deadline <= now && $0.pending == 0) }
    }

    private mutating func nextTurn() -> Int {
        rotation = (rotation + 1) & 0xffff
        return rotation
    }

    private mutating func resolvers() -> [Endpoint] {
        if let fixed { return fixed }
        let now = ContinuousClock.now
        if let refreshed, now < refreshed + .seconds(5) { return known }
        refreshed = now
        known = Resolvers.host()
        return known
    }

    private static func answer(_ asker: NameExchange.Asker, _ bytes: [UInt8]) {
        switch asker {
        case .datagram(_, let socket, let peer): peer.send(bytes, on: socket.number)
        case .stream(let connection): connection.reply(bytes)
        }
    }
}

extension NameExchange {
    /// The network whose share this exchange takes.
    var network: String {
        switch asker {
        case .datagram(let network, _, _): network
        case .stream(let connection): connection.network
        }
    }

    /// Hands the answer to who asked.
    func finish(_ bytes: [UInt8]) {
        switch asker {
        case .datagram(_, let socket, let peer): peer.send(bytes, on: socket.number)
        case .stream(let connection):
            connection.pending -= 1
            connection.reply(bytes)
        }
    }
}
