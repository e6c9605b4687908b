// SPDX-License-Identifier: Apache-2.0
internal import Desired
internal import Logs
internal import Transfer

/// RELP, by which rsyslog says of each message that it has it.
struct RELPSink: Sink {
    private let connect: () throws(SinkError) -> ByteStream
    private var encoder: SyslogEncoder
    private var session: RELPSession?
    /// What sessions before have heard of batches that are to be sent again, the oldest first.
    private var known: [RELPWindow.Batch] = []

    init(_ settings: SinkSettings.RELP, _ means: SinkMeans, in scope: TransferScope) {
        encoder = SyslogEncoder(settings.message, .none)
        connect = { () throws(SinkError) in
            try means.stream(to: settings.address, settings.tls, in: scope)
        }
    }

    var delivery: Delivery { .application }
    var bounds: BatchBounds { BatchBounds(lines: 2_048, bytes: 256 << 10, window: 2) }

    mutating func encode(_ batch: LogBatch) throws(SinkError) -> Messages { encoder.encode(batch) }

    mutating func send(_ payload: borrowing Messages) throws(SinkError) {
        if session == nil { session = try RELPSession(over: connect()) }
        try session?.send(payload, known.isEmpty ? RELPWindow.Batch() : known.removeFirst())
    }

    mutating func isConfirmed(within patience: Duration) throws(SinkError) -> Bool {
        try session?.isAnswered(within: patience) ?? true
    }

    mutating func confirm() throws(SinkError) -> Int { try session?.confirm() ?? 0 }

    mutating func disconnect() {
        if let heard = session?.end() { known = heard + known }
        session = nil
    }
}
