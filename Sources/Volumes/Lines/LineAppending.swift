// SPDX-License-Identifier: Apache-2.0

/// Appends one record to a line of ours, and looks whether the volume is ours still.
package struct LineAppending: LogProtocol {
    /// What came of it.
    package enum Outcome: Equatable, Sendable {
        /// It is in the line for good, and nobody was seen who has a greater one.
        case committed(Lease)
        /// It is in the line for good, beside what somebody else goes on with.
        case forked(Lease, by: Line)
        /// It may be there or not: begin this again, and nothing else, until it is settled.
        case unsettled(String)
        /// The store will not have it.
        case refused(String)
    }

    private enum State { case putting, looking }

    private let line: Line
    private let record: CommitRecord
    private let bytes: [UInt8]
    private let name: ContentName
    private let timing: LeaseTiming
    private var state = State.putting
    private var failures = 0

    /// Is going to append a record that `Lease.next` made.
    package init(_ record: CommitRecord, to line: Line, timing: LeaseTiming) throws(FormatFlaw) {
        self.line = line
        self.record = record
        bytes = try record.encoded()
        name = try ContentName(of: bytes)
        self.timing = timing
    }

    package mutating func begin() -> LogStep<Outcome> {
        (state, failures) = (.putting, 0)
        return ask()
    }

    package mutating func take(_ answer: LogAnswer, at now: Duration) -> LogStep<Outcome> {
        switch (state, answer) {
        case (_, .refused(let reason)): return .done(.refused(reason))
        case (_, .waited): return ask()
        case (.putting, .created):
            (state, failures) = (.looking, 0)
            return ask()
        case (.looking, .lines(let lines)):
            let lease = Lease(record, name: name)
            guard let greatest = lines.max(), greatest > line else { return .done(.committed(lease)) }
            return .done(.forked(lease, by: greatest))
        case (_, .unknown(let reason)):
            failures += 1
            return failures < timing.attempts
                ? .wait(timing.pause(after: failures)) : .done(.unsettled(reason))
        default: return .done(.refused("the store answers what it was not asked"))
        }
    }

    private func ask() -> LogStep<Outcome> {
        .ask(state == .looking ? .lines : .of(line, .put(record.sequence, bytes)))
    }
}
