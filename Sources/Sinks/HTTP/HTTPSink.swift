// SPDX-License-Identifier: Apache-2.0
internal import Desired
internal import Logs
internal import Transfer

/// Sends batches by HTTP, a request each; the answer is the confirmation.
struct HTTPSink<Language: HTTPLanguage>: Sink {
    /// A batch, and what it reads.
    struct Payload {
        let batch: LogBatch
        let body: [UInt8]
    }

    private var language: Language
    private let deflater: Deflater?
    private var caller: HTTPCaller
    /// How many lines were refused of each batch that was sent and is not confirmed.
    private var refused: [Int] = []

    init(
        _ language: Language,
        _ endpoint: SinkSettings.Endpoint,
        _ means: SinkMeans,
        in scope: TransferScope
    ) {
        self.language = language
        deflater = endpoint.isPacked ? Deflater(.gzip) : nil
        caller = HTTPCaller(endpoint, token: language.token, means, in: scope)
    }

    var delivery: Delivery { .application }
    var bounds: BatchBounds { BatchBounds(linger: .milliseconds(200)) }

    mutating func encode(_ batch: LogBatch) throws(SinkError) -> Payload {
        let body = language.encode(batch)
        return Payload(batch: batch, body: pack(body))
    }

    private func pack(_ body: [UInt8]) -> [UInt8] { deflater?.pack(body) ?? body }

    mutating func send(_ payload: borrowing Payload) throws(SinkError) {
        refused.append(try send(payload.batch, payload.body))
    }

    mutating func confirm() throws(SinkError) -> Int { refused.isEmpty ? 0 : refused.removeFirst() }

    mutating func disconnect() {
        caller.disconnect()
        language.disconnect()
        refused = []
    }

    /// How many lines were refused.
    private mutating func send(_ batch: LogBatch, _ body: [UInt8]) throws(SinkError) -> Int {
        var fields = language.fields
        fields.append(("Content-Type", language.contentType))
        if deflater != nil { fields.append(("Content-Encoding", "gzip")) }
        let answer = try caller.ask(language.method, fields, body)
        if answer.isTooLarge, let (first, second) = batch.halves {
            // A half may be fine that the other is not.
            var count = 0
            for half in [first, second] {
                let body = language.encode(half)
                do throws(SinkError) {
                    count += try send(half, pack(body))
                } catch {
                    guard case .rejected = error.cause else { throw error }
                    count += half.lines
                }
            }
            return count
        }
        try caller.judge(answer)
        let (refused, inquiry): (Int, HTTPInquiry?)
        do throws(HTTPNonsense) {
            refused = min(batch.lines, max(0, try language.refused(answer.body) ?? 0))
            inquiry = try language.inquiry(answer.body)
        } catch {
            throw nonsense(error)
        }
        if let inquiry { try inquire(inquiry) }
        return refused
    }

    /// Asks until the receiver says that it has what it took, less and less often.
    private mutating func inquire(_ inquiry: HTTPInquiry) throws(SinkError) {
        let end = ContinuousClock.now + inquiry.patience
        var pause = Duration.milliseconds(50)
        while true {
            let fields = language.fields + [("Content-Type", "application/json")]
            let answer = try caller.ask("POST", at: inquiry.url, fields, inquiry.body)
            if (200..<300).contains(answer.status) {
                do throws(HTTPNonsense) { if try inquiry.isDone(answer.body) { return } } catch {
                    throw nonsense(error)
                }
            } else if !answer.isTransient {
                // Whatever it says of the question, it says nothing of the lines.
                throw caller.failure(
                    .unavailable("it answers \(answer.status) when it is asked what it has of what it took")
                )
            }
            let left = ContinuousClock.now.duration(to: end)
            guard left > .zero else {
                throw caller.failure(
                    .unavailable("it took lines, and did not say within \(inquiry.patience) that it has them")
                )
            }
            try caller.pause(min(pause, left))
            pause = min(pause * 2, .seconds(2))
        }
    }

    private func nonsense(_ error: HTTPNonsense) -> SinkError {
        caller.failure(
            .unavailable("it took the request with an answer that makes no sense: \(error.text)")
        )
    }
}

extension LogBatch {
    /// How many lines there are.
    var lines: Int {
        parts.reduce(0) { count, part in
            count + part.events.count { if case .line = $0 { true } else { false } }
        }
    }

    /// Both halves, in order; nil for a batch of one.
    var halves: (LogBatch, LogBatch)? {
        guard count > 1 else { return nil }
        var (first, second): ([Part], [Part]) = ([], [])
        var left = count / 2
        for part in parts {
            let head = part.events.prefix(left), tail = part.events.dropFirst(left)
            if !head.isEmpty {
                first.append(Part(part.origin, Array(head), Array(part.structures.prefix(left))))
            }
            if !tail.isEmpty {
                second.append(Part(part.origin, Array(tail), Array(part.structures.dropFirst(left))))
            }
            left -= head.count
        }
        return (LogBatch(first), LogBatch(second))
    }
}
