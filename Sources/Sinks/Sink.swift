// SPDX-License-Identifier: Apache-2.0

/// What one kind of receiver speaks, and one connection to it.
///
/// It is made, used and dropped on one thread, which its calls block; they end early once the scope it was made with
/// is called off. Batches come in order. What fails is sent again, in order, after `disconnect`.
public protocol Sink: SendableMetatype {
    /// A batch in the receiver's language.
    associatedtype Payload

    /// What it means that a batch was confirmed.
    var delivery: Delivery { get }

    /// How much is sent together.
    var bounds: BatchBounds { get }

    /// Puts a batch in the receiver's language; needs no connection, and the same payload may be sent again.
    mutating func encode(_ batch: LogBatch) throws(SinkError) -> Payload

    /// Sends a batch, on a new connection if there is none.
    ///
    /// It may return before the receiver has it: `confirm` tells.
    mutating func send(_ payload: borrowing Payload) throws(SinkError)

    /// Waits until the oldest batch that was sent and is not confirmed is; how many of its lines the receiver has
    /// refused for good.
    mutating func confirm() throws(SinkError) -> Int

    /// Waits for what `confirm` waits for, but at most so long; whether `confirm` need not wait any more.
    ///
    /// New lines are sent meanwhile. The default says so at once, for a receiver whose word comes soon.
    mutating func isConfirmed(within patience: Duration) throws(SinkError) -> Bool

    /// Lets go of the connection: nothing that is not confirmed counts as sent.
    mutating func disconnect()
}

extension Sink {
    /// `confirm` waits by itself.
    public mutating func isConfirmed(within patience: Duration) throws(SinkError) -> Bool { true }
}

/// What it means that a receiver has taken a line.
public enum Delivery: String, Sendable {
    /// The receiver said that it has it.
    case application = "app-acked"
    /// The receiver's kernel said that it has it.
    case transport = "tcp-acked"
    /// This node's kernel has it, for a receiver on the node.
    case kernel = "kernel-accepted"
    /// Nobody says anything.
    case none = "best-effort"
}

/// How much is sent together.
public struct BatchBounds: Sendable {
    /// Lines at most.
    public var lines: Int
    /// Bytes of lines at most, but for one line that is longer.
    public var bytes: Int
    /// How long the first line waits for others.
    public var linger: Duration
    /// Batches that are sent before the first of them is confirmed.
    public var window: Int

    /// How much is sent together: at once what is there by default, one batch after the other.
    public init(lines: Int = 8_192, bytes: Int = 512 << 10, linger: Duration = .zero, window: Int = 1) {
        self.lines = lines
        self.bytes = bytes
        self.linger = linger
        self.window = window
    }
}
