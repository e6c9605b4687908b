// SPDX-License-Identifier: Apache-2.0
internal import Testing

@testable internal import Agent

@Suite struct FollowScheduleTests {
    @Test func `registries are asked once in an interval and a little, and not at once`() {
        var schedule = FollowSchedule(.seconds(900))
        let start = ContinuousClock.now
        var asked: [Int] = []
        for minute in 0..<60 {
            let now = start + .seconds(60 * minute)
            if !schedule.due(among: ["a"], now: now, jitter: { 1 }).isEmpty { asked.append(minute) }
        }
        #expect(asked == [18, 36, 54])
        #expect(schedule.tick == .seconds(15) && FollowSchedule.interval == .seconds(900))
    }

    @Test func `an app has its own time, and one that comes back begins anew`() {
        var schedule = FollowSchedule(.seconds(10))
        let start = ContinuousClock.now
        func due(_ apps: Set<String>, _ second: Int) -> [String] {
            schedule.due(among: apps, now: start + .seconds(second), jitter: { 0 })
        }
        #expect(due(["a"], 0) == [])
        #expect(due(["a", "b"], 5) == [])
        #expect(due(["a", "b"], 10) == ["a"])
        #expect(due(["a", "b"], 15) == ["b"])
        #expect(due(["b"], 16) == [])
        #expect(due(["a", "b"], 24) == [])
        #expect(due(["a", "b"], 34) == ["a", "b"])
    }
}
