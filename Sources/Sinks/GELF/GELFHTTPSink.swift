// SPDX-License-Identifier: Apache-2.0
internal import Desired
internal import Logs
internal import Transfer

/// GELF by HTTP, a request for each message: receivers take no more in one.
struct GELFHTTPSink: Sink {
    private let deflater: Deflater?
    private var caller: HTTPCaller
    /// What was taken or refused of the batch on its way is not sent again with it.
    private var progress = DatagramProgress()

    init(_ endpoint: SinkSettings.Endpoint, _ means: SinkMeans, in scope: TransferScope) {
        deflater = endpoint.isPacked ? Deflater(.gzip) : nil
        caller = HTTPCaller(endpoint, means, in: scope)
    }

    var delivery: Delivery { .application }
    var bounds: BatchBounds { BatchBounds(lines: 512, bytes: 128 << 10) }

    func encode(_ batch: LogBatch) throws(SinkError) -> Messages { GELFEncoder(end: []).encode(batch) }

    mutating func send(_ payload: borrowing Messages) throws(SinkError) {
        var (caller, deflater) = (caller, deflater)
        defer { self.caller = caller }
        try progress.send(payload) { (message) throws(SinkError) in
            let body = Array(message)
            var fields = [(name: "Content-Type", value: "application/json")]
            if deflater != nil { fields.append(("Content-Encoding", "gzip")) }
            let answer = try caller.ask("POST", fields, deflater?.pack(body) ?? body)
            do throws(SinkError) { try caller.judge(answer) } catch {
                guard case .rejected = error.cause else { throw error }
                return false
            }
            return true
        }
    }

    mutating func confirm() throws(SinkError) -> Int { progress.confirm() }

    mutating func disconnect() {
        caller.disconnect()
        progress.disconnect()
    }
}
