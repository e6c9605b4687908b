// SPDX-License-Identifier: Apache-2.0

/// What was heard of one container, and what of it is news for the node.
///
/// Pure: time comes with each message. That it lives is no news; nor is a status that changes many times a second.
struct NotifyHearing: Equatable, Sendable {
    /// So long it takes at least from one status to the next that is told.
    static let statusPause = Duration.seconds(1)

    /// All that it told.
    private(set) var told: Told
    /// When it was heard last that it lives; nil if not since it is listened to.
    private(set) var aliveAt: ContinuousClock.Instant?
    /// How often it will say so, if it has changed that.
    private(set) var watchdog: Duration?
    /// It said itself that it is not well.
    private(set) var isIll = false
    private var known: Told
    private var isKnownIll = false
    private var knownAt: ContinuousClock.Instant?

    /// What an agent before us has heard is known.
    init(_ told: Told = Told()) {
        self.told = told
        known = told
    }

    /// Takes a message in.
    mutating func take(_ message: NotifyMessage, now: ContinuousClock.Instant) {
        told.take(message)
        watchdog = message.watchdog ?? watchdog
        if message.isAlive || message.isReady {
            aliveAt = now
            isIll = false
        }
        if message.isIll { isIll = true }
    }

    /// When there is news to tell: now, or once the last status is old enough; nil for none.
    func newsDue(now: ContinuousClock.Instant) -> ContinuousClock.Instant? {
        let isUrgent =
            told.isReady != known.isReady || told.isStopping != known.isStopping || isIll && !isKnownIll
        if isUrgent { return now }
        guard told != known else { return nil }
        return max(now, knownAt.map { $0 + Self.statusPause } ?? now)
    }

    /// The news has been told.
    mutating func noteTold(now: ContinuousClock.Instant) {
        known = told
        isKnownIll = isIll
        knownAt = now
    }
}
