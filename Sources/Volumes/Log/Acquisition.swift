// SPDX-License-Identifier: Apache-2.0

/// Takes the right to append: finds the end of the log, waits until its owner gives no sign of life, and puts a fence
/// behind it.
///
/// Waiting is for politeness: a fence is safe at any time, for whoever is overtaken finds it in the place of their next
/// record. The owner's signs are watched by our own clock; what theirs says is not asked.
package struct Acquisition: LogProtocol {
    /// What came of it.
    package enum Outcome: Equatable, Sendable {
        case acquired(Lease)
        /// Its owner lives.
        case held(by: CommitRecord)
        /// It is not known: the store cannot be asked at present.
        case unsettled(String)
        /// The store will not have it.
        case refused(String)
        /// What is in the log is no log.
        case damaged(String)
    }

    private enum State {
        case listing(after: UInt64)
        case reading(UInt64)
        case watching(since: Duration?, sign: [UInt8]?)
        case claiming(PlaceClaim, CommitRecord, ContentName)
        case confirming(Lease)
    }

    private let owner: CommitRecord.Owner
    private let timing: LeaseTiming
    private let time: UInt64
    private let nonce: [UInt8]
    private var hint: UInt64
    private var tail: Lease?
    private var state: State
    private var failures = 0
    private var last: LogRequest?

    /// Is going to acquire a log for an owner.
    ///
    /// - Parameters:
    ///   - owner: Who.
    ///   - hint: A place that the log is known to have reached; it may be wrong.
    ///   - time: For the record, nanoseconds since 1970.
    ///   - nonce: 16 random bytes.
    ///   - timing: How long to wait.
    package init(
        owner: CommitRecord.Owner,
        hint: UInt64,
        time: UInt64,
        nonce: [UInt8],
        timing: LeaseTiming
    ) {
        self.owner = owner
        self.timing = timing
        self.time = time
        self.nonce = nonce
        self.hint = hint
        state = .listing(after: hint)
    }

    package mutating func begin() -> LogStep<Outcome> {
        // A fence that was not settled may be in the log: it will be found there.
        tail = nil
        return list(after: hint)
    }

    package mutating func take(_ answer: LogAnswer, at now: Duration) -> LogStep<Outcome> {
        if case .claiming(let claim, let record, let name) = state {
            return claimed(claim, record, name, answer, now)
        }
        switch answer {
        case .refused(let reason): return .done(.refused(reason))
        case .unknown(let reason):
            failures += 1
            return failures < timing.attempts
                ? .wait(timing.pause(after: failures)) : .done(.unsettled(reason))
        case .waited: return last.map { .ask($0) } ?? list(after: hint)
        default: failures = 0
        }
        switch (state, answer) {
        case (.listing(let place), .places(let places)):
            guard let furthest = places.max(), furthest > place else {
                return read(max(place, 1))
            }
            return list(after: furthest)
        case (.reading(let place), .bytes(let bytes)): return found(bytes, at: place)
        case (.reading(let place), .absent):
            guard tail != nil || place == 1 else {
                // The hint is wrong, or the store shows less than it has: from the beginning, to be sure.
                return hint > 0 ? restart() : read(1)
            }
            return atEnd()
        case (.confirming(let lease), .places(let places)):
            guard let furthest = places.max(), furthest > lease.tail.sequence else {
                return .done(.acquired(lease))
            }
            // We slept, and what was at our place meanwhile was given up: the log ends elsewhere.
            tail = nil
            return list(after: furthest)
        case (.watching(let since, let sign), .bytes(let bytes)):
            return watched(since, sign, bytes, now)
        case (.watching(let since, let sign), .absent): return watched(since, sign, nil, now)
        default: return .done(.damaged("the store answers what it was not asked"))
        }
    }

    // MARK: The end of the log

    private mutating func restart() -> LogStep<Outcome> {
        hint = 0
        return list(after: 0)
    }

    private mutating func list(after place: UInt64) -> LogStep<Outcome> {
        state = .listing(after: place)
        return ask(.list(after: place))
    }

    private mutating func read(_ place: UInt64) -> LogStep<Outcome> {
        state = .reading(place)
        return ask(.read(place))
    }

    private mutating func ask(_ request: LogRequest) -> LogStep<Outcome> {
        last = request
        return .ask(request)
    }

    private mutating func found(_ bytes: [UInt8], at place: UInt64) -> LogStep<Outcome> {
        do throws(FormatFlaw) {
            let record = try CommitRecord(bytes, at: place), name = try ContentName(of: bytes)
            if let tail, tail.tail.sequence + 1 == place {
                try record.check(after: tail.tail, named: tail.tailName)
            }
            tail = Lease(record, name: name)
        } catch {
            return .done(.damaged("record \(place): \(error.description)"))
        }
        return read(place + 1)
    }

    private mutating func atEnd() -> LogStep<Outcome> {
        guard let record = tail?.tail, record.owner.id != owner.id, !record.flags.contains(.released) else {
            return fence()
        }
        state = .watching(since: nil, sign: nil)
        return ask(.readHeartbeat(epoch: record.epoch))
    }

    // MARK: Its owner

    private mutating func watched(_ since: Duration?, _ sign: [UInt8]?, _ found: [UInt8]?, _ now: Duration)
        -> LogStep<Outcome>
    {
        guard let holder = tail?.tail else { return restart() }
        guard let since else {
            state = .watching(since: now, sign: found)
            return .wait(timing.heartbeat)
        }
        guard sign == found else { return .done(.held(by: holder)) }
        return now - since < timing.patience ? .wait(timing.heartbeat) : fence()
    }

    // MARK: The fence

    private mutating func fence() -> LogStep<Outcome> {
        let record = CommitRecord(
            sequence: (tail?.tail.sequence ?? 0) + 1,
            epoch: (tail?.epoch ?? 0) + 1,
            owner: owner,
            parent: tail?.tailName ?? .none,
            root: tail?.tail.root,
            flags: .fence,
            time: time,
            statistics: tail?.tail.statistics ?? CommitRecord.Statistics(),
            nonce: nonce
        )
        do throws(FormatFlaw) {
            let bytes = try record.encoded()
            var claim = PlaceClaim(sequence: record.sequence, bytes: bytes, timing: timing)
            let step = claim.begin()
            let name = try ContentName(of: bytes)
            return went(step, claim, record, name)
        } catch {
            return .done(.refused(error.description))
        }
    }

    private mutating func claimed(
        _ claim: PlaceClaim,
        _ record: CommitRecord,
        _ name: ContentName,
        _ answer: LogAnswer,
        _ now: Duration
    ) -> LogStep<Outcome> {
        var claim = claim
        let step = claim.take(answer, at: now)
        return went(step, claim, record, name)
    }

    private mutating func went(
        _ step: LogStep<PlaceClaim.Outcome>,
        _ claim: PlaceClaim,
        _ record: CommitRecord,
        _ name: ContentName
    ) -> LogStep<Outcome> {
        state = .claiming(claim, record, name)
        switch step {
        case .ask(let request): return .ask(request)
        case .wait(let duration): return .wait(duration)
        case .done(.ours):
            state = .confirming(Lease(record, name: name))
            return ask(.list(after: record.sequence))
        // Somebody was faster: whoever is last now is watched, for they live.
        case .done(.theirs(let bytes)):
            let step = found(bytes, at: record.sequence)
            guard case .ask = step else { return step }
            return list(after: record.sequence)
        case .done(.unsettled(let reason)): return .done(.unsettled(reason))
        case .done(.refused(let reason)): return .done(.refused(reason))
        }
    }
}
