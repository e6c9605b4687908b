// SPDX-License-Identifier: Apache-2.0

/// Appends one record for whoever has a lease.
package struct Appending: LogProtocol {
    /// What came of it.
    package enum Outcome: Equatable, Sendable {
        /// It is in the log for good.
        case committed(Lease)
        /// Somebody else's record is in its place: this lease is worth nothing any more.
        case fenced(by: CommitRecord?)
        /// It may be in the log or not: begin this again, and nothing else, until it is settled.
        case unsettled(String)
        /// The store will not have it.
        case refused(String)
    }

    private let record: CommitRecord
    private let name: ContentName
    private var claim: PlaceClaim

    /// Is going to append a record that `Lease.next` made.
    package init(_ record: CommitRecord, timing: LeaseTiming) throws(FormatFlaw) {
        let bytes = try record.encoded()
        self.record = record
        name = try ContentName(of: bytes)
        claim = PlaceClaim(sequence: record.sequence, bytes: bytes, timing: timing)
    }

    package mutating func begin() -> LogStep<Outcome> { step(claim.begin()) }

    package mutating func take(_ answer: LogAnswer, at now: Duration) -> LogStep<Outcome> {
        step(claim.take(answer, at: now))
    }

    private func step(_ step: LogStep<PlaceClaim.Outcome>) -> LogStep<Outcome> {
        switch step {
        case .ask(let request): .ask(request)
        case .wait(let duration): .wait(duration)
        case .done(.ours): .done(.committed(Lease(record, name: name)))
        // Also when it cannot be read: it is not ours.
        case .done(.theirs(let bytes)): .done(.fenced(by: try? CommitRecord(bytes, at: record.sequence)))
        case .done(.unsettled(let reason)): .done(.unsettled(reason))
        case .done(.refused(let reason)): .done(.refused(reason))
        }
    }
}
