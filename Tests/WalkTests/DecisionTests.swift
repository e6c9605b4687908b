// SPDX-License-Identifier: Apache-2.0
internal import Desired
internal import Testing

@testable internal import Agent

/// What the agent decides from results and time alone.
@Suite struct DecisionTests {
    private static func monitor(startPeriod: Duration = .zero) -> HealthMonitor {
        HealthMonitor(
            interval: .seconds(30),
            timeout: .seconds(1),
            retries: 3,
            startPeriod: startPeriod,
            startInterval: .seconds(5)
        )
    }

    @Test(
        arguments: [
            // Checks as (second, success); the start period; what is shown then.
            ([], 0, HealthMonitor.State.starting),
            ([(1, true)], 0, .healthy),
            ([(1, false), (2, false)], 0, .starting),
            ([(1, false), (2, false), (3, false)], 0, .unhealthy),
            ([(1, false), (2, false), (3, true), (4, false), (5, false)], 0, .healthy),
            ([(1, false), (2, false), (3, false), (4, true)], 0, .healthy),
            ([(1, false), (2, false), (3, false), (4, false)], 10, .starting),
            ([(1, false), (9, false), (10, false), (11, false), (12, false)], 10, .unhealthy),
            ([(1, true), (2, false), (3, false), (4, false)], 10, .unhealthy),
        ] as [([(Int, Bool)], Int, HealthMonitor.State)]
    )
    func `health follows the checks`(
        _ checks: [(Int, Bool)],
        _ startPeriod: Int,
        _ expected: HealthMonitor.State
    ) {
        var monitor = Self.monitor(startPeriod: .seconds(startPeriod))
        for (second, success) in checks {
            let before = monitor.state
            let changed = monitor.record(success: success, age: .seconds(second))
            #expect(changed == (monitor.state != before))
        }
        #expect(monitor.state == expected)
    }

    @Test func `checks come faster until the start period or the first success ends it`() {
        var monitor = Self.monitor(startPeriod: .seconds(20))
        #expect(monitor.delay(age: .seconds(1)) == .seconds(5))
        #expect(monitor.delay(age: .seconds(20)) == .seconds(30))
        _ = monitor.record(success: true, age: .seconds(2))
        #expect(monitor.delay(age: .seconds(3)) == .seconds(30))
    }

    @Test(
        arguments: [
            (RestartPolicy(condition: .never), 1, nil),
            (RestartPolicy(condition: .onFailure), 0, nil),
            (RestartPolicy(condition: .onFailure), 1, .seconds(1)),
            (RestartPolicy(condition: .onFailure), nil, .seconds(1)),
            (RestartPolicy(condition: .onFailure, maximumAttempts: 0), 1, nil),
            (RestartPolicy(condition: .onFailure, delay: .seconds(7)), 137, .seconds(7)),
        ] as [(RestartPolicy, Int32?, Duration?)]
    )
    func `the first restart is decided by policy and status`(
        _ policy: RestartPolicy,
        _ status: Int32?,
        _ expected: Duration?
    ) {
        var backoff = RestartBackoff()
        #expect(backoff.delay(policy: policy, status: status, ran: .zero) == expected)
    }

    @Test func `the pause doubles up to five minutes and begins anew after a long life`() {
        var backoff = RestartBackoff()
        let policy = RestartPolicy(condition: .onFailure)
        let pauses = (0..<12).map { _ in backoff.delay(policy: policy, status: 1, ran: .seconds(1)) }
        #expect(pauses == [1, 2, 4, 8, 16, 32, 64, 128, 256, 300, 300, 300].map { .seconds($0) })
        #expect(backoff.delay(policy: policy, status: 1, ran: .seconds(10)) == .seconds(1))
        #expect(backoff.delay(policy: policy, status: 1, ran: .seconds(1)) == .seconds(2))
    }

    @Test func `attempts are counted, and a long life forgives them`() {
        var backoff = RestartBackoff()
        let policy = RestartPolicy(condition: .onFailure, maximumAttempts: 2)
        #expect(backoff.delay(policy: policy, status: 1, ran: .zero) != nil)
        #expect(backoff.delay(policy: policy, status: 1, ran: .zero) != nil)
        #expect(backoff.delay(policy: policy, status: 1, ran: .zero) == nil)
        var next = RestartBackoff(attempts: backoff.attempts)
        #expect(next.delay(policy: policy, status: 1, ran: .zero) == nil)
        #expect(backoff.delay(policy: policy, status: 1, ran: .seconds(60)) == .seconds(1))
    }
}
