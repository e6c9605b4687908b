// SPDX-License-Identifier: Apache-2.0

/// Keeps what is told of a pull to a rate: how far a layer is, at most once in an interval; all else always.
public struct PullPace: Sendable {
    private let interval: Duration
    private var last: [String: ContinuousClock.Instant] = [:]

    /// Tells how far a layer is at most once in `interval`.
    public init(_ interval: Duration = .milliseconds(250)) { self.interval = interval }

    /// Whether an event is told.
    public mutating func admits(_ event: PullEvent, at now: ContinuousClock.Instant = .now) -> Bool {
        guard event.kind == .transferring, let layer = event.digest else { return true }
        if let before = last[layer], now - before < interval { return false }
        last[layer] = now
        return true
    }
}
