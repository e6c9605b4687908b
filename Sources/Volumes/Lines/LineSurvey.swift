// SPDX-License-Identifier: Apache-2.0

/// Looks for the line that a volume is gone on with, and for the version that the next owner stands on.
///
/// A line begins with a record that says it is there, and nothing new: whoever died behind that leaves an empty one. So
/// the greatest line has the volume, and the greatest one that is not empty has its last version.
struct LineSurvey: LogProtocol {
    /// What was seen.
    struct Sight: Equatable {
        /// Whose volume it is.
        let head: Line
        let headTail: CommitRecord
        /// What its next owner stands on.
        let base: Line
        let baseTail: Lease
    }

    enum Outcome: Equatable {
        /// Nil for a volume that nobody has begun.
        case seen(Sight?)
        case unsettled(String)
        case refused(String)
        case damaged(String)
    }

    private enum State {
        case lines
        case listing(Int, after: UInt64)
        case reading(Int, UInt64)
    }

    private let volume: String
    private let timing: LeaseTiming
    private var state = State.lines
    private var lines: [Line] = []
    private var tails: [Lease] = []
    private var tail: Lease?
    private var failures = 0
    private var last = LogRequest.lines

    init(of volume: String, timing: LeaseTiming) {
        self.volume = volume
        self.timing = timing
    }

    mutating func begin() -> LogStep<Outcome> {
        (state, lines, tails, tail) = (.lines, [], [], nil)
        return ask(.lines)
    }

    mutating func take(_ answer: LogAnswer, at now: Duration) -> LogStep<Outcome> {
        switch (state, answer) {
        case (_, .refused(let reason)): return .done(.refused(reason))
        case (_, .unknown(let reason)): return again(reason)
        case (_, .waited): return .ask(last)
        case (.lines, .lines(let found)):
            lines = found.sorted(by: >)
            return lines.isEmpty ? .done(.seen(nil)) : list(0, after: 0)
        case (.listing(let index, let place), .places(let places)):
            guard let furthest = places.max(), furthest > place else { return read(index, max(place, 1)) }
            return list(index, after: furthest)
        case (.reading(let index, let place), .bytes(let bytes)): return found(bytes, index, place)
        case (.reading(let index, let place), .absent):
            guard let tail else { return again("record \(place) of \(lines[index]) cannot be seen") }
            return ended(index, tail)
        default: return .done(.damaged("the store answers what it was not asked"))
        }
    }

    private mutating func again(_ reason: String) -> LogStep<Outcome> {
        failures += 1
        return failures < timing.attempts
            ? .wait(timing.pause(after: failures)) : .done(.unsettled(reason))
    }

    private mutating func ask(_ request: LogRequest) -> LogStep<Outcome> {
        last = request
        return .ask(request)
    }

    private mutating func list(_ index: Int, after place: UInt64) -> LogStep<Outcome> {
        state = .listing(index, after: place)
        return ask(.of(lines[index], .list(after: place)))
    }

    private mutating func read(_ index: Int, _ place: UInt64) -> LogStep<Outcome> {
        state = .reading(index, place)
        return ask(.of(lines[index], .read(place)))
    }

    private mutating func found(_ bytes: [UInt8], _ index: Int, _ place: UInt64) -> LogStep<Outcome> {
        do throws(FormatFlaw) {
            let record = try CommitRecord(bytes, at: place)
            if let tail { try record.check(after: tail.tail, named: tail.tailName) }
            guard record.epoch == lines[index].epoch else { throw FormatFlaw("its epoch is another one") }
            tail = Lease(record, name: try ContentName(of: bytes))
        } catch {
            return .done(.damaged("record \(place) of \(lines[index]): \(error.description)"))
        }
        return read(index, place + 1)
    }

    private mutating func ended(_ index: Int, _ tail: Lease) -> LogStep<Outcome> {
        tails.append(tail)
        self.tail = nil
        guard isEmpty(tail.tail), index + 1 < lines.count else {
            // All of them are empty: their trees are one, and the first to begin stood on it.
            return .done(
                .seen(Sight(head: lines[0], headTail: tails[0].tail, base: lines[index], baseTail: tail))
            )
        }
        return list(index + 1, after: 0)
    }

    /// Whether a line has nothing that the one before it has not; that of a clone has.
    private func isEmpty(_ record: CommitRecord) -> Bool {
        guard record.sequence == 1, record.root != nil, let origin = record.origin else {
            return record.sequence == 1
        }
        return origin.volume.hasPrefix(volume + "@")
    }
}
