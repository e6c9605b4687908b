// SPDX-License-Identifier: Apache-2.0
internal import Transfer

/// A stream whose receiver does not say what it has: a batch is confirmed once its kernel has all the bytes.
struct TransportStream {
    private static let patience = Duration.seconds(30)

    /// A new connection, and whether it may have more than one batch.
    typealias Connection = (stream: ByteStream, keepsAlive: Bool)

    private let connect: () throws(SinkError) -> Connection
    /// Looks at what the receiver says, which confirms nothing.
    private let hear: ([UInt8]) throws(SinkError) -> Void
    private var stream: ByteStream?
    private var keepsAlive = true
    /// How many bytes the kernel had been given at the end of each batch that is not confirmed.
    private var marks: [UInt64] = []

    /// A stream that is connected by the first `send`, and again by the next after `disconnect`.
    init(
        hear: @escaping ([UInt8]) throws(SinkError) -> Void = { _ in },
        connect: @escaping () throws(SinkError) -> Connection
    ) {
        self.connect = connect
        self.hear = hear
    }

    /// Sends a batch.
    mutating func send(_ bytes: [UInt8]) throws(SinkError) {
        // What is on its way on it is not: who wants a connection for each batch is sent one at a time.
        if !keepsAlive { stream = nil }
        if stream == nil { (stream, keepsAlive) = try connect() }
        guard let stream else { return }
        // What is sent to a receiver that has closed the connection would be lost.
        while try listen(to: stream, patience: .zero) {}
        do throws(TransferError) { try stream.send(bytes, patience: Self.patience) } catch {
            throw SinkError(error)
        }
        marks.append(try progress(of: stream).sent)
    }

    /// Whether the oldest batch is confirmed, or is within so long.
    func isConfirmed(within patience: Duration) throws(SinkError) -> Bool {
        guard let mark = marks.first, let stream else { return true }
        let end = ContinuousClock.now + patience
        while true {
            let isThere = try progress(of: stream).acknowledged >= mark
            // No event tells of an acknowledgement; what the receiver says meanwhile may be that it takes nothing.
            _ = try listen(to: stream, patience: isThere ? .zero : .milliseconds(1))
            if isThere || ContinuousClock.now >= end { return isThere }
        }
    }

    /// Waits until the oldest batch is confirmed; throws if it is not for long.
    mutating func confirm() throws(SinkError) {
        guard try isConfirmed(within: Self.patience) else {
            throw failure("it acknowledged nothing for \(Self.patience)")
        }
        if !marks.isEmpty { marks.removeFirst() }
    }

    /// Lets go of the connection.
    mutating func disconnect() {
        stream = nil
        marks = []
    }

    /// Hears what the receiver says; false if that is nothing for so long.
    ///
    /// Its end is an error.
    private func listen(to stream: ByteStream, patience: Duration) throws(SinkError) -> Bool {
        let bytes: [UInt8]?
        do throws(TransferError) { bytes = try stream.receive(patience: patience) } catch {
            throw SinkError(error)
        }
        guard let bytes else { return false }
        guard !bytes.isEmpty else {
            throw SinkError("send to", stream.peer, .unavailable("it closed the connection"))
        }
        try hear(bytes)
        return true
    }

    private func progress(of stream: ByteStream) throws(SinkError) -> ByteStream.Progress {
        guard let progress = stream.progress() else {
            throw failure("the kernel does not tell what was acknowledged")
        }
        return progress
    }

    private func failure(_ why: String) -> SinkError {
        SinkError("send to", stream?.peer ?? "", .unavailable(why))
    }
}
