// SPDX-License-Identifier: Apache-2.0
internal import Desired
internal import Logs
internal import Transfer

/// Syslog by datagrams: over UDP (RFC 5426), or to a socket of this node such as `/dev/log`, which may be a stream.
///
/// A socket of this node makes us wait; over UDP what the network or the receiver drops is lost, and all that is ever
/// heard is that nobody listens.
struct SyslogDatagramSink: Sink {
    private let address: SinkSettings.Address
    private let rate: Int?
    private let scope: TransferScope
    private var encoder: SyslogEncoder
    private var socket: DatagramSocket?
    private var progress = DatagramProgress()

    init(_ settings: SinkSettings.Syslog, in scope: TransferScope) {
        address = settings.address
        // A socket of this node makes us wait.
        rate = address.way == .udp ? settings.rate : nil
        self.scope = scope
        encoder = SyslogEncoder(settings.message, .none, isLocal: settings.address.way == .unix)
    }

    var delivery: Delivery { address.way == .udp ? .none : .kernel }
    var bounds: BatchBounds { BatchBounds(lines: 512, bytes: 128 << 10) }

    mutating func encode(_ batch: LogBatch) throws(SinkError) -> Messages { encoder.encode(batch) }

    mutating func send(_ payload: borrowing Messages) throws(SinkError) {
        if socket == nil { socket = try DatagramSocket(address, rate: rate, in: scope) }
        guard let socket else { return }
        try progress.send(payload) { (message) throws(SinkError) in try socket.send(message) }
    }

    mutating func confirm() throws(SinkError) -> Int { progress.confirm() }

    mutating func disconnect() {
        socket = nil
        // What is heard over UDP is that what went before came to nobody.
        if address.way == .udp { progress = DatagramProgress() } else { progress.disconnect() }
    }
}
