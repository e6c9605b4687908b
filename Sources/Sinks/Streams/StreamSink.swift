// SPDX-License-Identifier: Apache-2.0
internal import Desired
internal import Transfer

/// Messages over TCP or TLS, one behind the other, to a receiver that does not say that they have arrived: a batch is
/// confirmed once its kernel has all the bytes.
struct StreamSink: Sink {
    let bounds: BatchBounds
    private var stream: TransportStream
    private let text: (LogBatch) throws(SinkError) -> [UInt8]

    /// A sink whose batches read as `text` says.
    init(
        _ stream: TransportStream,
        _ bounds: BatchBounds,
        text: @escaping (LogBatch) throws(SinkError) -> [UInt8]
    ) {
        self.stream = stream
        self.bounds = bounds
        self.text = text
    }

    /// One over connections to which nothing is said before the first batch.
    private init(
        to address: SinkSettings.Address,
        _ tls: SinkSettings.TLS,
        _ means: SinkMeans,
        in scope: TransferScope,
        text: @escaping (LogBatch) -> [UInt8]
    ) {
        self.init(
            TransportStream { () throws(SinkError) in
                (try means.stream(to: address, tls, in: scope), keepsAlive: true)
            },
            BatchBounds(lines: 2_048, bytes: 256 << 10, window: 8),
            text: text
        )
    }

    var delivery: Delivery { .transport }

    func encode(_ batch: LogBatch) throws(SinkError) -> [UInt8] { try text(batch) }

    mutating func send(_ payload: borrowing [UInt8]) throws(SinkError) { try stream.send(copy payload) }

    func isConfirmed(within patience: Duration) throws(SinkError) -> Bool {
        try stream.isConfirmed(within: patience)
    }

    mutating func confirm() throws(SinkError) -> Int {
        try stream.confirm()
        return 0
    }

    mutating func disconnect() { stream.disconnect() }
}

extension StreamSink {
    /// Syslog, each message with its length before it or a newline behind it (RFC 6587, RFC 5425).
    init(_ settings: SinkSettings.Syslog, _ means: SinkMeans, in scope: TransferScope) {
        var encoder = SyslogEncoder(settings.message, settings.framing == .octet ? .octet : .newline)
        self.init(to: settings.address, settings.tls, means, in: scope) { encoder.encode($0).bytes }
    }

    /// GELF, each message before a NUL and none packed.
    init(
        _ settings: SinkSettings.GELF,
        _ address: SinkSettings.Address,
        _ means: SinkMeans,
        in scope: TransferScope
    ) {
        self.init(to: address, settings.endpoint.tls, means, in: scope) {
            GELFEncoder(end: [0]).encode($0).bytes
        }
    }

    /// Logstash's `tcp` input with the codec `json_lines`: an event a line.
    init(_ settings: SinkSettings.JSONLines, _ means: SinkMeans, in scope: TransferScope) {
        self.init(to: settings.address, settings.tls, means, in: scope, text: EventEncoder.lines)
    }
}
