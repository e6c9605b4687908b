// SPDX-License-Identifier: Apache-2.0
internal import Transfer

/// A connection to a receiver that answers, and what it has said that nobody has read yet.
struct AnsweredStream {
    /// What a receiver says at once is short.
    private static let maximumUnread = 64 << 10
    /// How long it may take nothing.
    private static let patience = Duration.seconds(30)

    private let stream: ByteStream
    /// What it said, from what has not been read.
    var unread: [UInt8] = []
    /// It broke while something was sent: what the receiver said before it did is still read.
    private var failure: TransferError?

    /// Talks over a stream.
    init(_ stream: ByteStream) { self.stream = stream }

    /// The receiver, for messages.
    var peer: String { stream.peer }

    /// Sends; where answers are due, a failure is thrown only once those that have come are read.
    ///
    /// So what a receiver confirmed before it died is not sent to the next one.
    mutating func send(_ bytes: [UInt8], isAnswerDue: Bool) throws(SinkError) {
        guard failure == nil else { return }
        do throws(TransferError) {
            if !isAnswerDue { try take() }
            try stream.send(bytes, patience: Self.patience)
        } catch {
            guard isAnswerDue, error.cause != .cancelled else { throw SinkError(error) }
            failure = error
        }
    }

    private mutating func take() throws(TransferError) {
        while unread.count < Self.maximumUnread, let bytes = try stream.receive(patience: .zero) {
            guard !bytes.isEmpty else {
                throw TransferError("send to", peer, .connection("it closed the connection"))
            }
            unread += bytes
        }
    }

    /// Waits for more; throws if the receiver says nothing until `deadline`.
    mutating func hear(until deadline: ContinuousClock.Instant) throws(SinkError) {
        guard unread.count < Self.maximumUnread else { throw nonsense("it talks without end") }
        let patience = max(.zero, ContinuousClock.now.duration(to: deadline))
        do throws(TransferError) {
            guard let bytes = try stream.receive(patience: failure == nil ? patience : .zero) else {
                if let failure { throw failure }
                throw TransferError("hear from", peer, .time("it did not confirm what it was sent in time"))
            }
            guard !bytes.isEmpty else {
                throw failure
                    ?? TransferError(
                        "hear from",
                        peer,
                        .connection("it closed the connection before it confirmed what it was sent")
                    )
            }
            unread += bytes
        } catch {
            throw SinkError(error)
        }
    }

    /// An answer that makes no sense: the connection is of no use any more.
    func nonsense(_ what: String) -> SinkError { Self.nonsense(what, from: peer) }

    static func nonsense(_ what: String, from peer: String) -> SinkError {
        SinkError("hear from", peer, .unavailable("\(what): see that the receiver speaks this protocol"))
    }
}
