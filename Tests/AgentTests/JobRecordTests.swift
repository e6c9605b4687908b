// SPDX-License-Identifier: Apache-2.0
internal import Calendar
internal import Desired
internal import Testing

@testable internal import Agent

/// Which occurrences run, whatever the clock does.
@Suite struct JobRecordTests {
    /// 2026-01-01T00:00:00Z.
    private static let start: Int64 = 1_767_225_600
    private static let hour: Int64 = 3600

    /// A clock that is set and a job that is looked at, as the node does it.
    private struct Node {
        var record: JobRecord
        var schedule = "0 * * * *"
        var missed = Job.Missed.skip
        var watchedSince: Int64
        var ran: [Int64] = []
        var left: [Int64] = []

        init(_ now: Int64, _ missed: Job.Missed = .skip) {
            record = JobRecord(now: now)
            record.settle(schedule, now: now)
            watchedSince = now
            self.missed = missed
        }

        mutating func look(_ now: Int64) throws {
            record.settle(schedule, now: now)
            let clock = JobClock(
                schedule: try CronSchedule(schedule),
                zone: .utc,
                missed: missed,
                watchedSince: watchedSince
            )
            switch clock.turn(record, now: now) {
            case .due(let due):
                ran.append(due)
                record.advance(to: due)
            case .missed(let due):
                left.append(due)
                record.advance(to: due)
            case .wait(let next):
                #expect(next.map { $0 > now } ?? true)
                return
            }
            try look(now)
        }

        mutating func off(until now: Int64) throws {
            watchedSince = now
            try look(now)
        }
    }

    @Test func `each occurrence runs once, however often one looks`() throws {
        var node = Node(Self.start)
        for second in stride(from: Self.start, through: Self.start + 5 * Self.hour, by: 8) {
            try node.look(second)
        }
        #expect(node.ran == (1...5).map { Self.start + $0 * Self.hour } && node.left == [])
    }

    @Test func `what came while the node was off is left out, or runs once`() throws {
        for (missed, ran, left) in [(Job.Missed.skip, 0, 1), (.runOnce, 1, 0)] {
            var node = Node(Self.start, missed)
            try node.off(until: Self.start + 10 * Self.hour + 600)
            #expect(node.ran.count == ran && node.left.count == left)
            #expect(node.ran + node.left == [Self.start + 10 * Self.hour])
            try node.look(Self.start + 11 * Self.hour)
            #expect(node.ran.last == Self.start + 11 * Self.hour)
        }
        // A minute late is not missed.
        var node = Node(Self.start)
        try node.off(until: Self.start + Self.hour + 59)
        #expect(node.ran == [Self.start + Self.hour])
        // Nor is what had to wait while somebody was there.
        try node.look(Self.start + 5 * Self.hour + 1800)
        #expect(node.ran == [Self.start + Self.hour, Self.start + 5 * Self.hour] && node.left == [])
    }

    @Test func `a clock that is set back a little repeats nothing`() throws {
        var node = Node(Self.start)
        try node.look(Self.start + 4 * Self.hour)
        for step in stride(from: Self.hour + 60, through: 5 * Self.hour + 60, by: 600) {
            try node.look(Self.start + step)
        }
        #expect(node.ran == [4, 5].map { Self.start + $0 * Self.hour })
    }

    @Test func `a clock that starts at 1970 and is set later runs nothing twice`() throws {
        for missed in Job.Missed.allCases {
            var node = Node(Self.start, missed)
            try node.look(Self.start + 2 * Self.hour)
            try node.off(until: 30)
            #expect(node.ran.count == 1)
            for second in stride(from: Int64(60), through: 2 * Self.hour, by: 60) { try node.look(second) }
            // A clock that is wrong still goes.
            #expect(node.ran.dropFirst() == [Self.hour, 2 * Self.hour])
            try node.off(until: Self.start + 2 * Self.hour + 120)
            #expect(node.ran.count == 3 && node.left == [])
            try node.off(until: Self.start + 4 * Self.hour + 120)
            #expect(node.ran.count == (missed == .skip ? 3 : 4))
        }
    }

    @Test func `a clock that was far ahead does not stop a job`() throws {
        var node = Node(Self.start)
        try node.off(until: Self.start + 73 * 365 * 24 * Self.hour)
        try node.off(until: Self.start + 60)
        try node.look(Self.start + Self.hour)
        #expect(node.ran.last == Self.start + Self.hour)
    }

    @Test func `a new schedule has no past`() throws {
        var node = Node(Self.start, .runOnce)
        node.schedule = "0 0 * * *"
        try node.look(Self.start)
        try node.look(Self.start + 10 * Self.hour)
        node.schedule = "0 9 * * *"
        try node.look(Self.start + 10 * Self.hour)
        #expect(node.ran == [])
        try node.look(Self.start + 33 * Self.hour)
        #expect(node.ran == [Self.start + 33 * Self.hour])
    }

    private func begin(_ record: inout JobRecord, _ attempt: Int = 1, key: String = "k") -> Int {
        record.begin(attempt: attempt, due: 1, key: key, generation: 1, caller: nil, boot: "b")
    }

    @Test func `what failed is tried again, later each time, and what was not seen to its end is not`() {
        var record = JobRecord(now: 0)
        for attempt in 1...3 {
            let number = begin(&record, attempt)
            #expect(record.retry(of: 2) == nil)
            let result: RunRecord.Result = attempt == 2 ? .timedOut : .failed
            #expect(record.end(number, result, status: 1, reason: "", at: 5, keep: 10) == [])
            let retry = record.retry(of: 2)
            let pauses: [Int64?] = [1_000_000_005, 2_000_000_005, nil]
            #expect(retry?.at == pauses[attempt - 1])
        }
        for result in [RunRecord.Result.interrupted, .stopped, .replaced, .succeeded] {
            _ = record.end(begin(&record), result, status: nil, reason: "", at: 5, keep: 10)
            #expect(record.retry(of: 2) == nil)
        }
        #expect(JobRecord.pause(after: 100) == 300_000_000_000)
    }

    @Test func `so many runs are remembered, and none that goes on is forgotten`() {
        var record = JobRecord(now: 0)
        let open = begin(&record)
        for expected in 2...5 {
            let number = begin(&record)
            #expect(number == expected)
            let gone = record.end(number, .succeeded, status: 0, reason: "", at: 1, keep: 2)
            #expect(gone == (expected > 3 ? [expected - 2] : []))
        }
        #expect(record.runs.map(\.number) == [open, 4, 5] && record.open.map(\.number) == [open])
        #expect(record.completed == ["k"])
        for number in 0..<100 {
            let run = begin(&record, key: "\(number)")
            _ = record.end(run, .succeeded, status: 0, reason: "", at: 1, keep: 2)
        }
        #expect(record.completed.count == 32 && record.completed.last == "99")
    }

    @Test func `what is remembered of jobs outlives either copy, and goes with the app`() async throws {
        let folder = try RecordsFolder()
        var records = try await folder.open()
        try await records.reach(.sample("shop", 1))
        var job = JobRecord(now: 5)
        job.advance(to: 60)
        _ = begin(&job)
        let written = job
        try await records.editJob(app: "shop", name: "nightly") { $0 = written }
        for isReboot in [false, true] {
            if isReboot { try folder.reboot() }
            records = try await folder.open()
            #expect(await records.jobs(app: "shop") == ["nightly": job])
        }
        // Another generation has the same past.
        try await records.reach(.sample("shop", 2))
        #expect(await records.jobs(app: "shop") == ["nightly": job])
        try await records.remove(app: "shop")
        #expect(await records.jobs(app: "shop").isEmpty)
        await #expect(throws: AgentError.self) {
            try await records.editJob(app: "shop", name: "nightly") { $0 = written }
        }
    }

    @Test func `of changes to a job at the same time none is lost`() async throws {
        let folder = try RecordsFolder()
        let records = try await folder.open()
        try await records.reach(.sample("shop", 1))
        let numbers = try await withThrowingTaskGroup(of: Int.self) { group in
            for _ in 0..<20 {
                group.addTask { [self] in
                    let number = try await records.editJob(app: "shop", name: "nightly") { begin(&$0) }
                    try await records.editJob(app: "shop", name: "nightly") {
                        $0.started(number, as: "\(number)", at: 1)
                    }
                    return number
                }
            }
            return try await group.reduce(into: []) { $0.append($1) }
        }
        #expect(numbers.sorted() == Array(1...20))
        let runs = try #require(await records.jobs(app: "shop")["nightly"]).runs
        #expect(runs.map(\.id) == (1...20).map { "\($0)" })
        // What changes nothing is not written, not even where nothing is known.
        try await records.editJob(app: "shop", name: "daily") { _ in }
        #expect(await records.jobs(app: "shop").keys.sorted() == ["nightly"])
    }

    @Test func `what is wrong with a job is told once, and looked at again each minute`() throws {
        var desk = try JobDesk()
        defer { desk.end() }
        #expect(desk.note("no zone", of: "a/b", now: 100) == (true, 160))
        #expect(desk.note("no zone", of: "a/b", now: 160) == (false, 220))
        #expect(desk.note("no zone", of: "a/c", now: 160) == (true, 220))
        #expect(desk.note("no disk", of: "a/b", now: 220) == (true, 280))
        #expect(desk.troubles == ["a/b": "no disk", "a/c": "no zone"])
    }
}
