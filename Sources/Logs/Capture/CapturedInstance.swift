// SPDX-License-Identifier: Apache-2.0

/// One instance on the capture thread: whose turn among its streams, and what it waits for.
final class CapturedInstance {
    let name: String
    let spool: Spool
    let rules: InstanceRules
    /// The streams that have not ended.
    var streams: [StreamCapture] = []
    /// Which streams may have something to read.
    var ready = PerStream(both: true)
    /// When to try again after an error, and how long to wait after the next.
    var stall: (until: ContinuousClock.Instant, delay: Duration)?
    /// Bytes that are still taken from a writer that does not stop, once the instance is to be removed.
    var closing: Int?
    var removed: [CheckedContinuation<Bool, Never>] = []
    private var favoured = 0

    static let shortestDelay = Duration.milliseconds(50)
    static let longestDelay = Duration.seconds(5)

    init(_ name: String, spool: Spool, _ rules: InstanceRules) {
        self.name = name
        self.spool = spool
        self.rules = rules
    }

    func setRules(_ rules: LineRules, _ hold: HoldMemory?) {
        self.rules.rules = rules
        self.rules.hold = hold ?? self.rules.hold
        for capture in streams { capture.renewRules() }
    }

    /// A stream that may have something to read; both get their turns alternately.
    func nextStream() -> StreamCapture? {
        favoured += 1
        for offset in streams.indices {
            let candidate = streams[(favoured + offset) % streams.count]
            if ready[candidate.stream] { return candidate }
        }
        return nil
    }

    func end(_ stream: LogStream) {
        ready[stream] = false
        streams.removeAll { $0.stream == stream }
    }

    /// Waits longer after each failure.
    func stall(now: ContinuousClock.Instant) {
        let delay = stall.map { min($0.delay * 2, Self.longestDelay) } ?? Self.shortestDelay
        stall = (now + delay, delay)
    }
}
