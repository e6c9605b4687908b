// SPDX-License-Identifier: Apache-2.0
internal import Desired
internal import Probes

/// How a running container is, by all that is asked of it.
///
/// Pure: time comes with each answer.
struct Health: Equatable, Sendable {
    /// What can be asked, in the order in which it is told.
    enum Part: String, CaseIterable, Sendable {
        case notify, healthcheck, startup, readiness, liveness
    }

    /// What one of them has shown.
    struct Standing: Equatable, Sendable {
        var state = HealthMonitor.State.starting
        /// Since when, nanoseconds since 1970.
        var since: Int64
        /// What it said last; empty for success.
        var reason = ""
    }

    let inquiry: Inquiry
    /// It was well before, by what was asked then, and is so until shown otherwise.
    let isPresumed: Bool
    private(set) var standings: [Part: Standing] = [:]
    private(set) var check: HealthMonitor?
    private var monitors: [Part: ProbeMonitor] = [:]
    /// When it became well; nil while it is not.
    private var wellSince: ContinuousClock.Instant?
    private var longestWell = Duration.zero

    /// Nothing is known yet, but perhaps that it has started, or said that it is ready.
    init(_ inquiry: Inquiry, isPresumed: Bool, hasStarted: Bool, hasSaidSo: Bool = false, now: Int64) {
        self.inquiry = inquiry
        self.isPresumed = isPresumed
        check = inquiry.check
        if inquiry.notification != nil {
            standings[.notify] = Standing(state: hasSaidSo ? .healthy : .starting, since: now)
        }
        if inquiry.check != nil { standings[.healthcheck] = Standing(since: now) }
        let started = hasStarted ? HealthMonitor.State.healthy : .starting
        let probes = inquiry.probes
        for (part, probe, state) in [
            (Part.startup, probes?.startup, started), (.readiness, probes?.readiness, .starting),
            (.liveness, probes?.liveness, .starting),
        ] {
            guard let probe else { continue }
            monitors[part] = ProbeMonitor(probe, failsFromTheStart: part != .readiness, state: state)
            standings[part] = Standing(state: state, since: now)
        }
    }

    /// The word for all of it.
    ///
    /// Liveness counts while it fails, and where nothing else is asked.
    var state: HealthMonitor.State {
        if standings.values.contains(where: { $0.state == .unhealthy }) { return .unhealthy }
        let deciding = standings.filter { $0.key != .liveness || !inquiry.decides }
        return deciding.values.contains { $0.state == .starting } ? .starting : .healthy
    }

    /// Whether it may be asked by others.
    var isReady: Bool { standings.allSatisfy { $0.key == .liveness || $0.value.state == .healthy } }

    /// Whether it is known not to be.
    var isUnready: Bool { standings.contains { $0.key != .liveness && $0.value.state == .unhealthy } }

    /// Whether what it is cannot become better by waiting.
    var isHopeless: Bool { standings.contains { $0.key != .readiness && $0.value.state == .unhealthy } }

    /// The first that fails, and what it says.
    var failing: (part: Part, standing: Standing)? {
        for part in Part.allCases {
            if let standing = standings[part], standing.state == .unhealthy { return (part, standing) }
        }
        return nil
    }

    /// How long it has been well at a time in this run.
    func wellFor(until now: ContinuousClock.Instant) -> Duration {
        max(longestWell, wellSince.map { now - $0 } ?? .zero)
    }

    /// Takes an answer in, `age` after the start.
    mutating func record(
        _ part: Part,
        _ answer: ProbeAnswer,
        age: Duration,
        now: (wall: Int64, clock: ContinuousClock.Instant)
    ) {
        guard var standing = standings[part] else { return }
        var reason = ""
        if case .failure(let why) = answer { reason = String(why.prefix(300)) }
        let before = standing.state
        if part == .healthcheck {
            _ = check?.record(success: reason.isEmpty, age: age)
            standing.state = check?.state ?? before
        } else if part == .notify {
            standing.state = reason.isEmpty ? .healthy : .unhealthy
        } else {
            monitors[part]?.record(success: reason.isEmpty)
            standing.state = monitors[part]?.state ?? before
        }
        if standing.state != before { standing.since = now.wall }
        standing.reason = reason
        standings[part] = standing
        if state == .healthy {
            wellSince = wellSince ?? now.clock
        } else {
            longestWell = wellFor(until: now.clock)
            wellSince = nil
        }
    }
}
