// SPDX-License-Identifier: Apache-2.0
internal import Desired
internal import Probes
internal import Testing

@testable internal import Agent

/// How a container is, from what it answers.
@Suite struct HealthTests {
    private let start = ContinuousClock.now

    private func health(
        _ probes: Desired.Probes? = nil,
        check: Bool = false,
        isPresumed: Bool = false
    ) -> Health {
        let monitor = HealthMonitor(
            interval: .seconds(1),
            timeout: .seconds(1),
            retries: 2,
            startPeriod: .zero,
            startInterval: .seconds(1)
        )
        let inquiry = Inquiry(
            command: check ? ["true"] : nil,
            check: check ? monitor : nil,
            probes: probes
        )
        return Health(inquiry, isPresumed: isPresumed, hasStarted: isPresumed, now: 0)
    }

    private func tell(_ health: inout Health, _ part: Health.Part, _ results: [Bool], second: Int = 0) {
        for result in results {
            health.record(
                part,
                result ? .success : .failure("no"),
                age: .seconds(second),
                now: (Int64(second), start + .seconds(second))
            )
        }
    }

    private let probe = Probe(.tcp(port: 80), failAfter: 2, successAfter: 2)

    @Test func `a probe needs so many answers in a row`() {
        var monitor = ProbeMonitor(probe, failsFromTheStart: true)
        for (answer, state) in [
            (true, HealthMonitor.State.starting), (false, .starting), (true, .starting), (true, .healthy),
            (false, .healthy), (true, .healthy), (false, .healthy), (false, .unhealthy), (true, .unhealthy),
            (true, .healthy),
        ] {
            monitor.record(success: answer)
            #expect(monitor.state == state)
        }
    }

    @Test func `readiness does not fail before its first success, and the others do`() {
        for (part, state) in [
            (Health.Part.startup, HealthMonitor.State.unhealthy), (.readiness, .starting),
            (.liveness, .unhealthy),
        ] {
            var health = health(Probes(startup: probe, readiness: probe, liveness: probe))
            tell(&health, part, [false, false, false])
            #expect(health.standings[part]?.state == state)
            #expect(health.isHopeless == (state == .unhealthy))
        }
    }

    @Test func `who is ready, and what the word for it is`() {
        var both = health(Probes(readiness: probe, liveness: probe), check: true)
        #expect(both.state == .starting && !both.isReady && !both.isUnready)
        tell(&both, .readiness, [true, true])
        #expect(both.state == .starting && !both.isReady)
        tell(&both, .healthcheck, [true])
        #expect(both.state == .healthy && both.isReady)
        tell(&both, .liveness, [false, false], second: 7)
        #expect(both.state == .unhealthy && both.isReady && both.isHopeless)
        #expect(both.failing?.part == .liveness && both.failing?.standing.since == 7)
        #expect(both.complaint == "liveness: no")
        tell(&both, .readiness, [false, false])
        #expect(!both.isReady && both.isUnready && both.complaint == "readiness: no")

        var lively = health(Probes(liveness: probe))
        #expect(lively.state == .starting && lively.isReady && !lively.inquiry.decides)
        tell(&lively, .liveness, [true, true])
        #expect(lively.state == .healthy)
    }

    @Test func `what is presumed well has started, and is not known to be unready until shown`() {
        var presumed = health(Probes(startup: probe, readiness: probe), isPresumed: true)
        #expect(presumed.standings[.startup]?.state == .healthy && !presumed.isReady && !presumed.isUnready)
        tell(&presumed, .readiness, [true, true, false, false])
        #expect(presumed.isUnready)
    }

    @Test func `the longest time for which it was well counts`() {
        var health = health(check: true)
        #expect(health.wellFor(until: start) == .zero)
        tell(&health, .healthcheck, [true], second: 10)
        #expect(health.wellFor(until: start + .seconds(15)) == .seconds(5))
        tell(&health, .healthcheck, [false, false], second: 40)
        #expect(health.wellFor(until: start + .seconds(90)) == .seconds(30))
        tell(&health, .healthcheck, [true], second: 100)
        #expect(health.wellFor(until: start + .seconds(105)) == .seconds(30))
    }

    @Test func `a reason is bounded`() {
        var health = health(check: true)
        health.record(
            .healthcheck,
            .failure(String(repeating: "x", count: 5_000)),
            age: .zero,
            now: (0, start)
        )
        #expect(health.standings[.healthcheck]?.reason.count == 300)
    }

    // MARK: Flapping

    @Test func `too many starts within the time are flapping, told once, until it has been well`() {
        var flap = FlapGuard()
        let limit = FlapLimit(restarts: 3, within: .seconds(100))
        var told: [Int] = []
        for second in [0, 60, 120, 170, 180, 200, 600, 5_000]
        where flap.note(limit, now: start + .seconds(second)) {
            told.append(second)
        }
        #expect(told == [200] && flap.isFlapping)
        flap.settle()
        #expect(!flap.isFlapping)
        let isNews = flap.note(limit, now: start + .seconds(5_001))
        #expect(!isNews)
    }

    // MARK: Drift

    @Test func `a drift names fields, and what the kernel does not have is none`() {
        let wanted = ["memory.max": "1048576", "pids.max": "max", "cpu.max": "max 100000"]
        let found = ["memory.max": "max", "pids.max": "max"]
        let drift = Drift(wanted: wanted, found: found, isFrozen: true)
        #expect(drift.fields == ["deploy.resources.limits.memory", "paused"])
        #expect(
            drift.summary
                == "deploy.resources.limits.memory (memory.max is max, was set to 1048576), its processes stand still"
        )
        #expect(Drift(wanted: wanted, found: wanted, isFrozen: false).isEmpty)
    }
}
