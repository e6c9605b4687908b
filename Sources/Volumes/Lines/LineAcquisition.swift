// SPDX-License-Identifier: Apache-2.0

/// Takes the right to write a volume where creations are not atomic: begins a line of its own behind the last version,
/// and looks, when others had time to be seen, whether it is the greatest and stands on the last one still.
package struct LineAcquisition: LogProtocol {
    /// What came of it.
    package enum Outcome: Equatable, Sendable {
        case acquired(Line, Lease)
        /// Its owner lives.
        case held(by: CommitRecord)
        /// It is not known: the store cannot be asked at present.
        case unsettled(String)
        /// The store will not have it.
        case refused(String)
        /// What is in the store is no log.
        case damaged(String)
    }

    /// A line of ours, and what it stands on.
    private struct Claim {
        let line: Line
        let bytes: [UInt8]
        let lease: Lease
        let base: Line?
        let baseName: ContentName
    }

    private enum State {
        case surveying(LineSurvey)
        case watching(LineSurvey.Sight, since: Duration?, sign: [UInt8]?)
        case putting(Claim)
        case pausing(Claim)
        case settling(Claim)
    }

    private let owner: CommitRecord.Owner
    private let volume: String
    private let time: UInt64
    private let nonce: [UInt8]
    private let timing: LeaseTiming
    private var state: State
    /// The last line that we began.
    private var claim: Claim?
    private var claims: UInt8 = 0
    private var failures = 0

    /// Is going to acquire a volume for an owner.
    ///
    /// - Parameters:
    ///   - owner: Who.
    ///   - volume: The app and the volume, with a slash between them.
    ///   - time: For the record, nanoseconds since 1970.
    ///   - nonce: 16 random bytes.
    ///   - timing: How long to wait.
    package init(
        owner: CommitRecord.Owner,
        volume: String,
        time: UInt64,
        nonce: [UInt8],
        timing: LeaseTiming
    ) {
        self.owner = owner
        self.volume = volume
        self.time = time
        self.nonce = nonce
        self.timing = timing
        state = .surveying(LineSurvey(of: volume, timing: timing))
    }

    package mutating func begin() -> LogStep<Outcome> {
        // A line that was not settled may be there: it is one as others are.
        (claim, failures) = (nil, 0)
        return survey()
    }

    package mutating func take(_ answer: LogAnswer, at now: Duration) -> LogStep<Outcome> {
        switch (state, answer) {
        case (.surveying(var survey), _):
            let step = survey.take(answer, at: now)
            return went(step, survey)
        case (_, .refused(let reason)): return .done(.refused(reason))
        case (.watching(let sight, let since, let sign), .bytes(let bytes)):
            return watched(sight, since, sign, bytes, now)
        case (.watching(let sight, let since, let sign), .absent):
            return watched(sight, since, sign, nil, now)
        case (.watching(let sight, _, _), .waited): return .ask(heartbeat(of: sight))
        case (.watching, .unknown(let reason)): return again(reason)
        case (.putting(let claim), .created):
            failures = 0
            state = .settling(claim)
            return .wait(timing.settle)
        case (.putting(let claim), .unknown(let reason)):
            state = .pausing(claim)
            return again(reason)
        case (.pausing(let claim), .waited):
            state = .putting(claim)
            return put(claim)
        case (.settling(let claim), .waited):
            self.claim = claim
            return survey()
        default: return .done(.damaged("the store answers what it was not asked"))
        }
    }

    private mutating func again(_ reason: String) -> LogStep<Outcome> {
        failures += 1
        return failures < timing.attempts
            ? .wait(timing.pause(after: failures)) : .done(.unsettled(reason))
    }

    // MARK: Who has it

    private mutating func survey() -> LogStep<Outcome> {
        var survey = LineSurvey(of: volume, timing: timing)
        let step = survey.begin()
        return went(step, survey)
    }

    private mutating func went(_ step: LogStep<LineSurvey.Outcome>, _ survey: LineSurvey)
        -> LogStep<Outcome>
    {
        state = .surveying(survey)
        switch step {
        case .ask(let request): return .ask(request)
        case .wait(let duration): return .wait(duration)
        case .done(.seen(let sight)): return seen(sight)
        case .done(.unsettled(let reason)): return .done(.unsettled(reason))
        case .done(.refused(let reason)): return .done(.refused(reason))
        case .done(.damaged(let reason)): return .done(.damaged(reason))
        }
    }

    private mutating func seen(_ sight: LineSurvey.Sight?) -> LogStep<Outcome> {
        if let claim { return settled(claim, sight) }
        guard let sight else { return begin(after: nil, on: nil) }
        guard sight.headTail.owner.id != owner.id, !sight.headTail.flags.contains(.released) else {
            return begin(after: sight.head, on: sight)
        }
        state = .watching(sight, since: nil, sign: nil)
        return .ask(heartbeat(of: sight))
    }

    private func heartbeat(of sight: LineSurvey.Sight) -> LogRequest {
        .of(sight.head, .readHeartbeat(epoch: sight.head.epoch))
    }

    private mutating func watched(
        _ sight: LineSurvey.Sight,
        _ since: Duration?,
        _ sign: [UInt8]?,
        _ found: [UInt8]?,
        _ now: Duration
    ) -> LogStep<Outcome> {
        failures = 0
        guard let since else {
            state = .watching(sight, since: now, sign: found)
            return .wait(timing.heartbeat)
        }
        guard sign == found else { return .done(.held(by: sight.headTail)) }
        return now - since < timing.patience
            ? .wait(timing.heartbeat) : begin(after: sight.head, on: sight)
    }

    // MARK: A line of ours

    private mutating func settled(_ claim: Claim, _ sight: LineSurvey.Sight?) -> LogStep<Outcome> {
        guard let sight, sight.head >= claim.line else {
            state = .settling(claim)
            return again("the store does not show what it took")
        }
        // Somebody is greater: they are watched as every other owner is.
        guard sight.head == claim.line else {
            self.claim = nil
            return seen(sight)
        }
        let isSame = sight.base == claim.line || sight.base == claim.base
        guard isSame, sight.base == claim.line || sight.baseTail.tailName == claim.baseName else {
            // The owner before us lived, and went on: so do we, behind them.
            return begin(after: claim.line, on: sight)
        }
        return .done(.acquired(claim.line, claim.lease))
    }

    private mutating func begin(after head: Line?, on sight: LineSurvey.Sight?) -> LogStep<Outcome> {
        claims &+= 1
        guard claims < 100 else { return .done(.unsettled("others go on writing it")) }
        let tail = sight?.baseTail.tail
        do throws(FormatFlaw) {
            let drawn = try ContentName(of: nonce + [claims])
            let line = Line(epoch: (head?.epoch ?? 0) + 1, claim: drawn.bits)
            let record = CommitRecord(
                sequence: 1,
                epoch: line.epoch,
                owner: owner,
                parent: .none,
                root: tail?.root,
                flags: .fence,
                time: time,
                statistics: tail?.statistics ?? CommitRecord.Statistics(),
                origin: sight.map {
                    CommitRecord.Origin(
                        volume: "\(volume)@\($0.base)",
                        sequence: $0.baseTail.tail.sequence,
                        name: $0.baseTail.tailName
                    )
                },
                nonce: Array(drawn.bytes.suffix(16))
            )
            let bytes = try record.encoded()
            let claim = Claim(
                line: line,
                bytes: bytes,
                lease: Lease(record, name: try ContentName(of: bytes)),
                base: sight?.base,
                baseName: sight?.baseTail.tailName ?? .none
            )
            self.claim = nil
            state = .putting(claim)
            return put(claim)
        } catch {
            return .done(.refused(error.description))
        }
    }

    private func put(_ claim: Claim) -> LogStep<Outcome> { .ask(.of(claim.line, .put(1, claim.bytes))) }
}
