// SPDX-License-Identifier: Apache-2.0
internal import Calendar
internal import Linux

/// What the node has at hand for its jobs.
struct JobDesk {
    /// What wakes the one who looks after them.
    let timer: WallTimer
    let ticks: AsyncStream<Bool>
    private let ticker: AsyncStream<Bool>.Continuation
    /// Since when, in seconds since 1970, somebody looks, without a leap of the clock.
    var watchedSince = Timestamp.now() / 1_000_000_000
    /// Runs that have somebody who looks after them, by `app/job/number`.
    var attended: Set<String> = []
    /// Why a run is stopped, by the same.
    var endings: [String: RunRecord.Result] = [:]
    /// Time zones that were read, by their names.
    var zones: [String: Zone] = [Zone.utc.name: .utc]
    /// What is wrong with a job, by `app/job`, so that it is told once.
    var troubles: [String: String] = [:]
    /// What tells this boot from all others.
    let boot: String
    /// Who looks after them; nil before the start.
    var keeper: Task<Void, Never>?

    init() throws {
        timer = try WallTimer()
        boot = try String(
            decoding: Descriptor.open("/proc/sys/kernel/random/boot_id", 0).readAll(limit: 64),
            as: UTF8.self
        )
        (ticks, ticker) = AsyncStream<Bool>.makeStream(bufferingPolicy: .bufferingNewest(16))
        let (timer, ticker) = (timer, ticker)
        // Ends when nobody listens any more, at the next tick.
        try Thread.detach {
            while let isLeap = try? timer.wait() {
                if case .terminated = ticker.yield(isLeap) { return }
            }
        }
    }

    /// Notes what is wrong with a job, by `app/job`: whether that is news, and the second at which it is looked at again.
    mutating func note(_ trouble: String, of job: String, now: Int64) -> (isNews: Bool, wake: Int64) {
        (troubles.updateValue(trouble, forKey: job) != trouble, now + 60)
    }

    /// Ends what looks after them.
    func end() {
        keeper?.cancel()
        ticker.finish()
        // So that the thread that waits finds nobody any more; where it cannot be set, it ends with the process.
        try? timer.set(0)
    }

    /// Has the jobs looked at now.
    func nudge() { ticker.yield(false) }
}
