// SPDX-License-Identifier: Apache-2.0
internal import Desired
internal import Transfer

/// Fluentd's forward protocol, version 1, with acknowledgements of each message.
struct ForwardSink: Sink {
    private let patience: Duration
    private let door: ForwardDoor
    private let encoder: ForwardEncoder

    private var talk: AnsweredStream?
    private var keepsAlive = true
    /// The messages of each batch that the receiver has not confirmed.
    private var due: [Set<[UInt8]>] = []

    init(_ settings: SinkSettings.Forward, _ means: SinkMeans, in scope: TransferScope) {
        patience = settings.patience
        door = ForwardDoor(settings, means, in: scope)
        encoder = ForwardEncoder(settings)
    }

    var delivery: Delivery { .application }
    var bounds: BatchBounds { BatchBounds() }

    func encode(_ batch: LogBatch) throws(SinkError) -> ForwardEncoder.Payload { try encoder.encode(batch) }

    mutating func send(_ payload: borrowing ForwardEncoder.Payload) throws(SinkError) {
        if !keepsAlive, talk != nil { try renew() }
        if talk == nil { (_, talk, keepsAlive) = try door.connect() }
        guard var talk else { return }
        defer { self.talk = talk }
        try talk.send(payload.bytes, isAnswerDue: due.contains { !$0.isEmpty })
        due.append(Set(payload.chunks))
    }

    mutating func confirm() throws(SinkError) -> Int {
        let deadline = ContinuousClock.now + patience
        while let first = due.first, !first.isEmpty { try hear(until: deadline) }
        due.removeFirst()
        return 0
    }

    mutating func disconnect() {
        talk = nil
        due = []
    }

    /// A receiver that wants a connection for each message gets one, once it has confirmed.
    private mutating func renew() throws(SinkError) {
        let deadline = ContinuousClock.now + patience
        while due.contains(where: { !$0.isEmpty }) { try hear(until: deadline) }
        talk = nil
    }

    /// Takes one acknowledgement, of any message that was sent.
    private mutating func hear(until deadline: ContinuousClock.Instant) throws(SinkError) {
        guard var talk else { return }
        defer { self.talk = talk }
        guard let value = try ForwardDoor.answer(&talk.unread, from: talk.peer) else {
            return try talk.hear(until: deadline)
        }
        guard let chunk = value["ack"]?.bytes else {
            throw talk.nonsense("it said what is no acknowledgement")
        }
        guard let place = due.firstIndex(where: { $0.contains(chunk) }) else {
            throw talk.nonsense("it acknowledged what was not sent")
        }
        due[place].remove(chunk)
    }
}
