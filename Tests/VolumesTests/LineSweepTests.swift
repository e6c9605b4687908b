// SPDX-License-Identifier: Apache-2.0
internal import Objects
internal import TestKit
internal import Testing

@testable internal import Volumes

/// Sweeps of a log in lines, by whoever holds it.
@Suite(.timeLimit(.minutes(5))) struct LineSweepTests {
    private struct Bench {
        let volumes: VolumeBench
        let store = SimulatedClockStore()
        let log: CommitLog

        init() throws {
            volumes = try VolumeBench()
            log = CommitLog(
                try LogPlace(node: "seven"),
                in: store,
                timing: LeaseTiming(
                    heartbeat: .milliseconds(1),
                    patience: .milliseconds(3),
                    settle: .milliseconds(1)
                ),
                guarantee: .forkPreserving
            )
        }

        func open(_ owner: UInt8) throws -> StoredVolume {
            let owner = CommitRecord.Owner(id: [UInt8](repeating: owner, count: 16), node: "seven")
            return try StoredVolume(log, for: owner, time: store.now, in: volumes.scope)
        }

        func change() throws { try volumes.run("head -c 100000 /dev/urandom >log; date +%s.%N >time") }

        func count(_ prefix: String) throws -> Int { try store.all(prefix, in: volumes.scope).count }

        func records() throws -> [(line: Line, record: CommitRecord)] {
            try log.lines(in: volumes.scope).flatMap { line in
                let log = try log.line(line)
                return try log.versions(in: volumes.scope).map { (line, $0) }
            }
        }
    }

    @Test func `old versions go with what they alone had, and all that is kept is whole`() throws {
        let bench = try Bench(), sweep = LineSweep(bench.log)
        try bench.volumes.run("head -c 300000 /dev/urandom >stays")
        var volume = try bench.open(1), report = LineSweep.Report()
        for _ in 0..<10 {
            for _ in 0..<3 {
                // Another agent of the same machine.
                volume = try bench.open(1)
                for _ in 0..<5 {
                    try bench.change()
                    try bench.volumes.commit(volume, time: bench.store.now)
                    bench.store.advance(hours: 1)
                }
                let retention = Retention(last: 3, hourly: 0, daily: 4)
                let swept = try sweep.sweep(
                    retention,
                    for: volume,
                    now: bench.store.now,
                    in: bench.volumes.scope
                )
                report.packs += swept.packs
                report.records += swept.records
                report.lines += swept.lines
            }
            bench.store.advance(hours: 9)
        }
        // Of 150 versions those of a day and one of each of three more are left.
        let packs = try bench.count("p/"), lines = try bench.log.lines(in: bench.volumes.scope).count
        #expect(report.packs > 110 && packs < 40 && report.records > 110, "\(report), \(packs) packs")
        #expect(report.lines > 20 && lines < 10, "\(report), \(lines) lines")
        // All of the last day, and what the next owner begins with.
        let recent = try bench.records().filter { bench.store.now - $0.record.time < Sweeper.grace }
        #expect(recent.count > 10)
        for (line, record) in recent {
            let damaged = try Verification(of: record, in: bench.store, bench.volumes.scope).damaged
            #expect(damaged == 0, "\(line) \(record.sequence)")
        }
        // What it knew of packs that are gone it does not refer to.
        try bench.change()
        let last = try #require(try bench.volumes.commit(volume, time: bench.store.now))
        #expect(try Verification(of: last, in: bench.store, bench.volumes.scope).damaged == 0)
        let next = try bench.open(2)
        #expect(next.head.root == last.root && next.head.origin?.sequence == last.sequence)
    }

    @Test(arguments: [false, true])
    func
        `what is beside that which is gone on with stays for a week or for good, and who has it sweeps nothing`(
            keepsForks: Bool
        ) throws
    {
        let bench = try Bench(), scope = bench.volumes.scope
        let first = try bench.open(1)
        try bench.change()
        try bench.volumes.commit(first, time: bench.store.now)
        let second = try bench.open(2)
        try bench.change()
        #expect(throws: VolumeError.self) { try bench.volumes.commit(first, time: bench.store.now) }
        let fork = try #require(try bench.records().first { $0.record.sequence == 3 })
        try bench.change()
        try bench.volumes.commit(second, time: bench.store.now)
        let sweep = LineSweep(bench.log, keepsForks: keepsForks)
        let none = try LineSweep(bench.log).sweep(Retention(), for: first, now: bench.store.now, in: scope)
        #expect(none == LineSweep.Report())
        for days in 1...9 {
            bench.store.advance(hours: 24)
            _ = try sweep.sweep(Retention(), for: second, now: bench.store.now, in: scope)
            let isThere = try bench.records().contains { $0.line == fork.line && $0.record.sequence == 3 }
            #expect(isThere == (keepsForks || days < 7), "after \(days) days")
        }
        #expect(try bench.log.lines(in: scope).count == (keepsForks ? 2 : 1))
        #expect(try bench.count("p/") <= (keepsForks ? 3 : 2))
        if keepsForks { #expect(try Verification(of: fork.record, in: bench.store, scope).damaged == 0) }
        #expect(try Verification(of: second.head, in: bench.store, scope).damaged == 0)
    }
}
