// SPDX-License-Identifier: Apache-2.0

/// What the log of a volume asks of its store.
package indirect enum LogRequest: Equatable, Sendable {
    /// The record at a place.
    case read(UInt64)
    /// The record of a place, where there is none.
    case create(UInt64, [UInt8])
    /// The places behind one that have records, the first of them in order.
    case list(after: UInt64)
    /// The last sign of life of whoever has an epoch.
    case readHeartbeat(epoch: UInt64)
    /// The record of a place, whatever is there: nobody else has one for it.
    case put(UInt64, [UInt8])
    /// All lines of the volume.
    case lines
    /// The same of a line.
    case of(Line, LogRequest)
}

/// What came of it.
package enum LogAnswer: Equatable, Sendable {
    case bytes([UInt8])
    case absent
    case created
    /// There is a record at the place, whoever made it.
    case exists
    case places([UInt64])
    case lines([Line])
    /// It may have happened or not, and may be asked again.
    case unknown(String)
    /// It will not happen.
    case refused(String)
    /// A wait is over.
    case waited
}

/// What comes next in a protocol.
package enum LogStep<Outcome: Sendable>: Sendable {
    case ask(LogRequest)
    case wait(Duration)
    case done(Outcome)
}

/// A protocol as a value: it asks, is told what came of it, and asks again, until it is done.
///
/// It reads no clock and touches no store, so that a test can be both.
package protocol LogProtocol: Sendable {
    associatedtype Outcome: Sendable

    /// Begins; or begins again after it could not be settled.
    mutating func begin() -> LogStep<Outcome>

    /// Goes on; `now` is a clock of this machine that nobody sets.
    mutating func take(_ answer: LogAnswer, at now: Duration) -> LogStep<Outcome>
}
