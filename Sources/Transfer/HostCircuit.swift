// SPDX-License-Identifier: Apache-2.0

/// A server that has not answered since some moment, and when it may be asked again.
///
/// At first everybody may ask, each at a pace of its own (`RetryPolicy`). Once the server has failed for a minute
/// the circuit is open: one request at a time finds out how the server is, and the pause after each that fails is
/// random between half a minute and a bound that doubles up to five minutes ("full jitter"), whoever asks. Only an
/// answer closes it.
struct HostCircuit {
    typealias Instant = ContinuousClock.Instant

    /// For how long a server fails until its circuit opens.
    static let patience: Duration = .seconds(60)
    /// The shortest pause of an open circuit.
    static let shortest: Duration = .seconds(30)
    /// The longest, and the longest that `Retry-After` is obeyed.
    static let longest: Duration = .seconds(300)
    /// Failures further apart are not a row, as long as they have not opened the circuit.
    static let memory: Duration = .seconds(600)

    /// The first failure of the row.
    private(set) var since: Instant
    /// The last one.
    private(set) var last: Instant
    /// What the last one was.
    private(set) var reason: String
    /// When it may be asked again; nil while the circuit is not open.
    private(set) var next: Instant?
    /// Pauses so far.
    private var pauses = 0
    /// Whoever asks while it is open.
    private var prober: UInt64?

    /// Begins a row of failures.
    init(_ reason: String, now: Instant) {
        since = now
        last = now
        self.reason = reason
    }

    /// Whether `asker` may ask now.
    mutating func admits(_ asker: UInt64, now: Instant) -> Bool {
        guard let next else { return true }
        guard prober == nil, now >= next else { return false }
        prober = asker
        // Also if it is called off.
        self.next = now + Self.shortest
        return true
    }

    /// `asker` was called off before there was an answer or a failure.
    mutating func leave(_ asker: UInt64) {
        if prober == asker { prober = nil }
    }

    /// One more failure; `asked` is the server's `Retry-After`.
    mutating func fail(
        _ asker: UInt64,
        _ reason: String,
        asked: Duration?,
        now: Instant,
        random: Double = .random(in: 0..<1)
    ) {
        if next == nil, last.duration(to: now) > Self.memory { since = now }
        last = now
        self.reason = reason
        leave(asker)
        guard next != nil || since.duration(to: now) >= Self.patience else { return }
        pauses += 1
        let bound = min(Self.longest, Self.shortest * (1 << min(pauses, 10)))
        let pause = Self.shortest + (bound - Self.shortest) * random
        next = max(next ?? now, now + min(Self.longest, max(pause, asked ?? .zero)))
    }
}
