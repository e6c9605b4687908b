// SPDX-License-Identifier: Apache-2.0
internal import Testing

@testable internal import Releases

/// What a start goes on as, by what is on record.
@Suite struct ReleaseRecordTests {
    private static let installed = "1.0.0 100@1.0 200@2.0"

    static func release(_ number: Int) -> Release {
        let digits = String(repeating: "\(number)", count: 64)
        return Release(
            digest: "sha256:\(digits)",
            image: "r.test/martlet:\(number)",
            version: "\(number).0.0"
        )
    }

    private static func now(_ seconds: Int64, boot: String = "a") -> BootTime {
        BootTime(boot: boot, seconds: seconds)
    }

    private static func record(confirmed: Int? = nil, trial: Int? = nil) -> ReleaseRecord {
        var record = ReleaseRecord(installed: installed)
        if let confirmed {
            record.propose(Trial(of: release(confirmed), patience: 120, running: [:]))
            _ = record.start(installed: installed, now: now(0), time: 0)
            record.confirm()
        }
        if let trial { record.propose(Trial(of: release(trial), patience: 120, running: ["a": 7])) }
        return record
    }

    private func start(
        _ record: inout ReleaseRecord,
        at seconds: Int64 = 10,
        boot: String = "a",
        installed: String = Self.installed
    ) -> ReleaseRecord.Start {
        record.start(installed: installed, now: Self.now(seconds, boot: boot), time: 1_000 + seconds)
    }

    @Test func `without a release what is installed goes on, and nothing is told`() {
        var record = Self.record()
        #expect(start(&record) == .init(release: nil, patience: nil, news: nil))
        #expect(record == Self.record() && record.needed.isEmpty)
    }

    @Test(arguments: [nil, 1])
    func `what is proposed is tried once, and then in force if it confirms itself`(_ before: Int?) {
        var record = Self.record(confirmed: before, trial: 2)
        let first = start(&record)
        #expect(first.release == Self.release(2) && first.patience == 120)
        #expect(record.trial?.began == Self.now(10) && record.trial?.starts == 1)
        record.confirm()
        #expect(record.confirmed == Self.release(2) && record.trial == nil)
        #expect(record.previous == before.map { Self.release($0) })
        #expect(start(&record) == .init(release: Self.release(2), patience: nil, news: nil))
        #expect(record.inForce(installed: Self.installed).first == Self.release(2))
    }

    @Test(
        arguments: [
            (11, "a", "it ended after 1 s, before it was confirmed"),
            (129, "a", "it ended after 119 s, before it was confirmed"),
            (130, "a", "it was not confirmed within 120 s"),
            (3, "b", "the machine was started again before it was confirmed"),
        ] as [(Int64, String, String)]
    )
    func `what was not confirmed is left at the next start, and not tried again`(
        _ seconds: Int64,
        _ boot: String,
        _ reason: String
    ) {
        for before in [nil, 1] {
            var record = Self.record(confirmed: before, trial: 2)
            _ = start(&record)
            let next = start(&record, at: seconds, boot: boot)
            #expect(next.release == before.map { Self.release($0) } && next.patience == nil)
            #expect(next.news?.hasSuffix("goes on: \(reason)") == true)
            #expect(record.failed == FailedRelease(Self.release(2), reason, time: 1_000 + seconds))
            #expect(record.failed?.isTold == false && record.trial == nil)
            let later = start(&record, at: seconds + 1, boot: boot)
            #expect(later.release == before.map { Self.release($0) } && later.news == nil)
            #expect(record.needed.count == (before == nil ? 0 : 1))
        }
    }

    @Test func `who is told to end while it tries something begins that anew, but not for ever`() {
        var record = Self.record(trial: 2)
        for number in 1...3 {
            #expect(start(&record).release == Self.release(2))
            #expect(record.trial?.starts == number)
            record.suspend()
        }
        #expect(start(&record).release == nil)
        #expect(record.failed?.reason == "it was stopped 3 times before it was confirmed")
    }

    @Test(arguments: ["1.1.0 100@1.0 200@2.0", "0.9.0 100@1.0 200@2.0", "1.0.0 100@1.5 200@2.0"])
    func `whatever else is installed wins over releases before`(_ other: String) {
        for (confirmed, trial) in [(1, nil), (1, 2), (nil, 2)] as [(Int?, Int?)] {
            var record = Self.record(confirmed: confirmed, trial: trial)
            #expect(record.inForce(installed: other).isEmpty)
            let found = start(&record, installed: other)
            #expect(found.release == nil && found.patience == nil && found.news?.isEmpty == false)
            #expect(record.needed.isEmpty && record.installed == other)
            #expect(start(&record, installed: other).news == nil)
        }
    }

    @Test func `two releases stay at most, and one that is tried`() {
        var record = Self.record()
        for number in 1...4 {
            record.propose(Trial(of: Self.release(number), patience: 10, running: [:]))
            #expect(record.needed.count <= 3)
            _ = start(&record)
            record.confirm()
            #expect(record.needed.count <= 2)
        }
        #expect(record.inForce(installed: Self.installed) == [Self.release(4), Self.release(3)])
        record.withdraw()
        #expect(record.inForce(installed: Self.installed).isEmpty && start(&record).release == nil)
    }

    @Test func `a release that failed is tried again when somebody asks for it`() {
        var record = Self.record(trial: 2)
        _ = start(&record)
        _ = start(&record)
        #expect(record.failed != nil)
        record.propose(Trial(of: Self.release(2), patience: 10, running: [:]))
        #expect(record.failed == nil && start(&record).release == Self.release(2))
    }

    @Test func `one that gives itself up is left with its reason`() {
        var record = Self.record(confirmed: 1, trial: 2)
        _ = start(&record)
        #expect(record.fail("a container is not taken over", time: 5).release == Self.release(1))
        #expect(record.failed == FailedRelease(Self.release(2), "a container is not taken over", time: 5))
        record.tell()
        #expect(record.failed?.isTold == true)
    }

    @Test func `what the settings ask for is kept when other programs are installed`() {
        var record = Self.record()
        record.propose(Trial(of: Self.release(2), patience: 10, running: [:]), settings: "r.test/martlet:2")
        _ = start(&record, installed: "2.0.0 1@1.0 1@1.0")
        #expect(record.wanted == "r.test/martlet:2" && record.confirmed == nil && record.trial == nil)
    }
}
