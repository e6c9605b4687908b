// SPDX-License-Identifier: Apache-2.0
internal import Desired
internal import Logs
internal import Transfer

/// GELF over UDP, long messages in chunks: what the network or the receiver drops is lost.
struct GELFDatagramSink: Sink {
    private let address: SinkSettings.Address
    private let chunk: Int
    private let rate: Int
    private let scope: TransferScope
    private let deflater: Deflater?
    private var socket: DatagramSocket?
    private var progress = DatagramProgress()

    init(_ settings: SinkSettings.GELF, _ address: SinkSettings.Address, in scope: TransferScope) {
        self.address = address
        (chunk, rate) = (settings.chunk, settings.rate)
        self.scope = scope
        deflater = settings.endpoint.isPacked ? Deflater(.gzip) : nil
    }

    var delivery: Delivery { .none }
    var bounds: BatchBounds { BatchBounds(lines: 512, bytes: 128 << 10) }

    func encode(_ batch: LogBatch) throws(SinkError) -> Messages {
        let plain = GELFEncoder(end: []).encode(batch)
        guard let deflater else { return plain }
        var packed = Messages()
        for index in 0..<plain.count {
            packed.bytes += deflater.pack(Array(plain.bytes[plain[index]])) ?? []
            packed.ends.append(packed.bytes.count)
        }
        return packed
    }

    mutating func send(_ payload: borrowing Messages) throws(SinkError) {
        if socket == nil { socket = try DatagramSocket(address, rate: rate, in: scope) }
        guard let socket else { return }
        let size = chunk
        try progress.send(payload) { (message) throws(SinkError) in
            try GELFChunks.each(of: message, size: size, id: .random(in: 0 ... .max)) {
                (datagram) throws(SinkError) in
                try socket.send(datagram)
            }
        }
    }

    mutating func confirm() throws(SinkError) -> Int { progress.confirm() }

    mutating func disconnect() {
        socket = nil
        progress.disconnect()
    }
}
