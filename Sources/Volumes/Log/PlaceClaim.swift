// SPDX-License-Identifier: Apache-2.0

/// Makes a record at its place, or finds out who else did: all that the safety of a volume rests on.
///
/// Creation is the only condition that is asked of a store. What may have happened is asked for again with the same
/// bytes, however often; a record that is there already is ours if it has our bytes, for no two attempts at a place
/// have the same.
struct PlaceClaim: LogProtocol {
    enum Outcome: Equatable {
        case ours
        case theirs([UInt8])
        /// The same claim may begin again, and no other one of ours before it is settled.
        case unsettled(String)
        case refused(String)
    }

    private enum State { case creating, comparing, pausing }

    private let sequence: UInt64
    private let bytes: [UInt8]
    private let timing: LeaseTiming
    private var attempts = 0
    private var state = State.creating

    init(sequence: UInt64, bytes: [UInt8], timing: LeaseTiming) {
        self.sequence = sequence
        self.bytes = bytes
        self.timing = timing
    }

    mutating func begin() -> LogStep<Outcome> {
        attempts = 0
        return create()
    }

    mutating func take(_ answer: LogAnswer, at now: Duration) -> LogStep<Outcome> {
        switch (state, answer) {
        case (.creating, .created): return .done(.ours)
        case (.creating, .exists):
            state = .comparing
            return .ask(.read(sequence))
        case (.comparing, .bytes(let found)): return .done(found == bytes ? .ours : .theirs(found))
        case (.pausing, .waited): return create()
        case (_, .refused(let reason)): return .done(.refused(reason))
        case (_, .unknown(let reason)): return again(reason)
        // It exists and cannot be seen: an old view of the store, or it went meanwhile. Neither makes it ours.
        default: return again("what is at place \(sequence) cannot be seen")
        }
    }

    private mutating func create() -> LogStep<Outcome> {
        state = .creating
        return .ask(.create(sequence, bytes))
    }

    private mutating func again(_ reason: String) -> LogStep<Outcome> {
        attempts += 1
        guard attempts < timing.attempts else { return .done(.unsettled(reason)) }
        state = .pausing
        return .wait(timing.pause(after: attempts))
    }
}
