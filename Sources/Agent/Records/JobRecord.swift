// SPDX-License-Identifier: Apache-2.0

/// What is remembered of a job: which of its occurrences are dealt with, and its last runs.
///
/// Pure. It is written down before anything is done for it, so that no occurrence is dealt with twice.
struct JobRecord: Codable, Equatable, Sendable {
    /// So much the clock may be set back before its times count as new ones, in seconds; as cron(8).
    static let smallStep: Int64 = 3 * 3600
    /// So many definitions of a job that runs once are remembered to have run.
    private static let mostCompleted = 32

    /// The schedule and its time zone, as they were seen last; nil for a job that runs once.
    private(set) var schedule: String?
    /// Every occurrence up to this second since 1970 is dealt with.
    private(set) var seen: Int64
    /// The same on a clock that was set far back; nil on one that was not.
    private(set) var past: Int64?
    /// The highest number of a run.
    private(set) var newest = 0
    /// The last runs by number, and all that are open.
    private(set) var runs: [RunRecord] = []
    /// What has run with success, the last one at the end.
    private(set) var completed: [String] = []

    /// A job that nothing is known of; it begins at `now`.
    init(now: Int64) { seen = now }

    /// The second since 1970 from which on occurrences count.
    var position: Int64 { past ?? seen }

    var open: [RunRecord] { runs.filter(\.isOpen) }

    func run(_ number: Int) -> RunRecord? { runs.first { $0.number == number } }

    /// Takes note of the clock and the schedule: one that is new has no past.
    mutating func settle(_ schedule: String?, now: Int64) {
        if schedule != self.schedule {
            self.schedule = schedule
            (seen, past) = (max(seen, now), nil)
        }
        if now >= seen - Self.smallStep {
            past = nil
        } else if past.map({ $0 > now + Self.smallStep }) ?? true {
            past = now
        }
    }

    /// An occurrence is dealt with.
    mutating func advance(to due: Int64) {
        if past != nil { past = due } else { seen = max(seen, due) }
    }

    /// Writes down a run that is to come; its number.
    mutating func begin(
        attempt: Int,
        due: Int64?,
        key: String,
        generation: Int,
        caller: String?,
        boot: String
    ) -> Int {
        newest += 1
        runs.append(
            RunRecord(
                number: newest,
                attempt: attempt,
                due: due,
                key: key,
                generation: generation,
                caller: caller,
                boot: boot
            )
        )
        return newest
    }

    /// Takes over a run that is there and not written down.
    mutating func adopt(_ run: RunRecord) {
        newest = max(newest, run.number)
        runs.append(run)
    }

    /// Its container runs.
    mutating func started(_ number: Int, as id: String, at time: Int64) {
        guard let index = runs.firstIndex(where: { $0.number == number }) else { return }
        runs[index].id = id
        runs[index].startedAt = time
    }

    /// A run has ended; the numbers of those that are remembered no more.
    mutating func end(
        _ number: Int,
        _ result: RunRecord.Result,
        status: Int32?,
        reason: String,
        at time: Int64,
        keep: Int
    ) -> [Int] {
        guard let index = runs.firstIndex(where: { $0.number == number }) else { return [] }
        runs[index].endedAt = time
        runs[index].result = result
        runs[index].status = status
        runs[index].reason = String(reason.prefix(500))
        if result == .succeeded {
            let key = runs[index].key
            completed = Array((completed.filter { $0 != key } + [key]).suffix(Self.mostCompleted))
        }
        let excess = Set(runs.filter { !$0.isOpen }.dropLast(keep).map(\.number))
        runs.removeAll { excess.contains($0.number) }
        return excess.sorted()
    }

    /// The run that is to be tried once more, and when, in nanoseconds since 1970; nil if none is.
    ///
    /// One whose end was not seen may have done its work: an occurrence runs once.
    func retry(of most: Int) -> (run: RunRecord, at: Int64)? {
        guard let last = runs.last, let ended = last.endedAt, last.attempt <= most,
            [.failed, .timedOut].contains(last.result)
        else { return nil }
        return (last, ended + Self.pause(after: last.attempt))
    }

    /// From one second, doubled with each attempt, up to five minutes; in nanoseconds.
    static func pause(after attempt: Int) -> Int64 {
        min(300, 1 << Int64(min(attempt, 10) - 1)) * 1_000_000_000
    }
}
