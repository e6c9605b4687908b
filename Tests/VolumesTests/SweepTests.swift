// SPDX-License-Identifier: Apache-2.0
internal import Foundation
internal import Objects
internal import TestKit
internal import Testing

@testable internal import Volumes

@Suite struct SweepTests {
    private static let count: UInt64 =
        ProcessInfo.processInfo.environment["MARTLET_SOAK"] == "1" ? 5_000 : 8

    /// Whoever is stopped before whatever request, for days: a version that is kept keeps what is in it.
    @Test func `no kept version loses a chunk`() throws {
        var total = SweepSimulation.Outcome()
        for seed in 0..<Self.count {
            let outcome = try SweepSimulation.run(seed: seed)
            if let violation = outcome.violation { Issue.record("\(violation)") }
            total.commits += outcome.commits
            total.sweeps += outcome.sweeps
            total.packs += outcome.packs
            total.records += outcome.records
            total.rewritten += outcome.rewritten
        }
        #expect(total.commits > 40 && total.sweeps > 20, "\(total)")
        #expect(total.packs > 10 && total.records > 10, "\(total)")
    }

    /// The rule that a commit is acknowledged after a look into the ledger: whoever breaks it loses what came back.
    @Test(arguments: [false, true]) func `what comes back after its pack was deleted is stored anew`(
        isBlind: Bool
    ) throws {
        let bench = try VolumeBench(), store = SimulatedClockStore(), place = try LogPlace("shop/data")
        let log = CommitLog(place, in: isBlind ? BlindStore(store, to: "gc/") : store)
        let owner = CommitRecord.Owner(id: [UInt8](repeating: 1, count: 16), node: "node-1")
        let volume = try StoredVolume(log, for: owner, time: store.now, in: bench.scope)
        let sweeper = Sweeper(store)
        var deleted = 0
        for content in ["first", "second"] {
            try bench.run("echo \(content) >file")
            try bench.commit(volume, time: store.now)
        }
        for _ in 0..<4 {
            store.advance(hours: 25)
            deleted += try sweeper.sweep([place: Retention()], now: store.now, in: bench.scope)?.packs ?? 0
        }
        #expect(deleted == 1)
        // Its owner knows the chunk from the time before.
        try bench.run("echo first >file")
        let record = try #require(try bench.commit(volume, time: store.now))
        let verification = try Verification(of: record, in: store, bench.scope)
        #expect(verification.damaged == (isBlind ? 1 : 0))
        // The record that needed the pack is followed by one that does not, and given up.
        #expect(record.sequence == (isBlind ? 4 : 5))
        #expect(try CommitLog(place, in: store).givenUp(in: bench.scope) == (isBlind ? [] : [4]))
    }

    /// Who goes back to what is about to be swept has it stored anew by the next commit.
    @Test func `a version that is gone back to outlives the sweep that had it in its ledger`() throws {
        let bench = try VolumeBench(), store = SimulatedClockStore(), place = try LogPlace("shop/data")
        let owner = CommitRecord.Owner(id: [UInt8](repeating: 1, count: 16), node: "node-1")
        let volume = try StoredVolume(
            CommitLog(place, in: store),
            for: owner,
            time: store.now,
            in: bench.scope
        )
        try bench.run("echo first >file")
        let first = try #require(try bench.commit(volume, time: store.now))
        try bench.run("cp -a . ../first; echo second >file")
        try bench.commit(volume, time: store.now)
        let sweeper = Sweeper(store)
        func sweep() throws -> Sweeper.Report {
            store.advance(hours: 25)
            return try #require(try sweeper.sweep([place: Retention()], now: store.now, in: bench.scope))
        }
        #expect(try sweep().expired == 1)
        #expect(try sweep().marked == 1)
        try Shell.run("cd \(bench.folder) && rm -r data && mv first data")
        let back = try volume.goBack(to: first, time: store.now, in: bench.scope)
        let anew = try #require(try bench.commit(volume, time: store.now))
        #expect(anew.sequence == back.sequence + 1 && anew.root != first.root)
        var deleted = 0
        for _ in 0..<4 { deleted += try sweep().packs }
        #expect(deleted == 2)
        #expect(try Verification(of: anew, in: store, bench.scope).damaged == 0)
    }

    @Test func `a version is given up by hand, but neither what the volume has nor what has a name`() throws {
        let bench = try VolumeBench()
        let volume = try bench.open(), log = try bench.log()
        for step in 1...3 {
            try bench.run("echo \(step) >file")
            try bench.commit(volume)
        }
        try log.snapshot("kept", of: log.record(2, in: bench.scope), time: 1, in: bench.scope)
        func refusal(_ sequence: UInt64) -> String? {
            #expect(throws: VolumeError.self) { try log.giveUp(sequence, time: 2, in: bench.scope) }?.reason
        }
        #expect(refusal(1) == "there is no such version")
        #expect(refusal(2) == "it is called kept: take that name away first")
        #expect(refusal(4) == "it has the files that the volume has: take another one")
        #expect(refusal(9) == "there is no such version")
        try log.giveUp(3, time: 2, in: bench.scope)
        #expect(try log.givenUp(in: bench.scope) == [3])
    }

    /// A clock that is off by less than a day ends nobody's pin.
    @Test func `a pin goes a day after its end, and not while it is in force`() throws {
        let bench = try VolumeBench(), store = SimulatedClockStore(), place = try LogPlace("shop/data")
        let owner = CommitRecord.Owner(id: [UInt8](repeating: 1, count: 16), node: "node-1")
        let log = CommitLog(place, in: store), hour: UInt64 = 3_600_000_000_000
        let volume = try StoredVolume(log, for: owner, time: store.now, in: bench.scope)
        try bench.run("echo first >file")
        let record = try #require(try bench.commit(volume, time: store.now))
        for (name, hours) in [(1, 1), (2, 100)] as [(UInt8, UInt64)] {
            _ = try ReadPin(
                record,
                of: log,
                until: store.now + hours * hour,
                nonce: [UInt8](repeating: name, count: 16),
                in: bench.scope
            )
        }
        let sweeper = Sweeper(store)
        /// The pins that are left after a sweep.
        func left(after hours: UInt64) throws -> [String] {
            store.advance(hours: hours)
            #expect(try sweeper.sweep([:], now: store.now, in: bench.scope) != nil)
            return store.keys.filter { $0.hasPrefix("gc/pin-") }.map { String($0.suffix(2)) }.sorted()
        }
        #expect(try left(after: 24) == ["01", "02"])
        #expect(try left(after: 2) == ["02"])
        #expect(try left(after: 97) == ["02"])
        #expect(try left(after: 2) == [])
    }

    /// A sweep that does not see a clone would take it what it has.
    @Test(arguments: [false, true]) func `a clone keeps what its origin gave up`(isBlind: Bool) throws {
        let bench = try VolumeBench(), store = SimulatedClockStore(), place = try LogPlace("shop/data")
        let owner = CommitRecord.Owner(id: [UInt8](repeating: 1, count: 16), node: "node-1")
        let log = CommitLog(place, in: store)
        let volume = try StoredVolume(log, for: owner, time: store.now, in: bench.scope)
        try bench.run("echo first >file")
        let record = try #require(try bench.commit(volume, time: store.now))
        let clone = try CommitLog(LogPlace("shop/copy"), in: store).clone(
            record,
            of: place,
            by: owner,
            time: store.now,
            nonce: owner.id,
            in: bench.scope
        )
        try bench.run("echo second >file")
        try bench.commit(volume, time: store.now)
        let sweeper = Sweeper(isBlind ? BlindStore(store, to: "v/shop/copy") : store)
        for _ in 0..<4 {
            store.advance(hours: 25)
            _ = try sweeper.sweep([place: Retention()], now: store.now, in: bench.scope)
        }
        if isBlind {
            #expect(throws: VolumeError.self) { try Verification(of: clone, in: store, bench.scope) }
        } else {
            #expect(try Verification(of: clone, in: store, bench.scope).damaged == 0)
        }
    }

    @Test func `the last, hourly and daily versions are kept`() {
        let hour: UInt64 = 3_600_000_000_000
        // One every half an hour, for four days.
        let versions = (1...192 as ClosedRange<UInt64>).map { (sequence: $0, time: $0 * hour / 2) }
        #expect(Retention(last: 3).kept(of: versions) == [190, 191, 192])
        #expect(Retention(hourly: 3).kept(of: versions) == [192, 191, 189])
        #expect(Retention(daily: 3).kept(of: versions) == [192, 191, 143])
        #expect(Retention(last: 2, hourly: 2, daily: 9).kept(of: versions) == [192, 191, 143, 95, 47])
        #expect(Retention().kept(of: versions) == [192])
        #expect(Retention(last: 5).kept(of: []) == [])
    }

    /// In a directory: what is not kept goes after two days, not before, and what is kept can be read all the time.
    @Test func `what is given up goes, and nothing else`() throws {
        let bench = try VolumeBench()
        let volume = try bench.open(), log = try bench.log(), sweeper = Sweeper(bench.store)
        let day: UInt64 = 24 * 3_600_000_000_000
        let begin = UInt64(Date().timeIntervalSince1970) * 1_000_000_000
        for step in 1...6 as ClosedRange<UInt64> {
            try bench.run("head -c 300000 /dev/urandom >file; cp file other")
            try bench.commit(volume, time: begin + step)
        }
        let second = try log.record(3, in: bench.scope)
        try log.snapshot("kept", of: second, time: begin, in: bench.scope)
        let pinned = try log.record(4, in: bench.scope)
        let pin = try ReadPin(
            pinned,
            of: log,
            until: begin + 6 * day,
            nonce: [UInt8](repeating: 1, count: 16),
            in: bench.scope
        )
        func packs() throws -> Int { try bench.store.all("p/", in: bench.scope).count }
        func sweep(_ now: UInt64) throws -> Sweeper.Report {
            try #require(try sweeper.sweep([log.place: Retention(last: 2)], now: now, in: bench.scope))
        }
        #expect(try packs() == 6)
        let first = try sweep(begin + day)
        #expect(first.expired == 3 && first.packs == 0 && first.records == 0, "\(first)")
        #expect(try log.givenUp(in: bench.scope) == [2, 4, 5])
        let gone = try log.record(2, in: bench.scope)
        #expect(throws: VolumeError.self) { try log.snapshot("late", of: gone, time: begin, in: bench.scope) }
        try bench.restore(gone, to: "late")
        let next = try sweep(begin + 2 * day)
        #expect(next.packs == 0 && next.records == 2 && next.marked > 0, "\(next)")
        let last = try sweep(begin + 3 * day)
        #expect(last.packs == next.marked && last.bytes > 0, "\(last)")
        #expect(try log.places(in: bench.scope) == [1, 3, 4, 6, 7])
        for sequence in [3, 4, 6, 7] as [UInt64] {
            let record = try log.record(sequence, in: bench.scope)
            try bench.restore(record, to: "r\(sequence)")
            let verification = try Verification(of: record, in: bench.store, bench.scope)
            #expect(verification.damaged == 0 && verification.chunks == 2)
        }
        #expect(throws: VolumeError.self) { try bench.restore(gone, to: "gone") }
        // Nothing to do: nothing is written.
        _ = bench.store.count()
        var nothing = Sweeper.Report()
        nothing.sparse = last.sparse
        #expect(try sweep(begin + 3 * day) == nothing)
        #expect(bench.store.count().writes == 0)
        // Let go, and without a name: the last two are left.
        try pin.release(in: bench.store, bench.scope)
        try log.removeSnapshot("kept", in: bench.scope)
        for now in 4...8 as ClosedRange<UInt64> { _ = try sweep(begin + now * day) }
        #expect(try log.places(in: bench.scope) == [1, 6, 7])
        // The end of it.
        let owner = CommitRecord.Owner(id: [UInt8](repeating: 1, count: 16), node: "node-1")
        let nonces = (acquiring: [UInt8](repeating: 5, count: 16), removing: [UInt8](repeating: 6, count: 16))
        #expect(try log.remove(by: owner, time: begin, nonces: nonces, in: bench.scope).isRemoval)
        for now in 9...13 as ClosedRange<UInt64> {
            _ = try sweeper.sweep([:], now: begin + now * day, in: bench.scope)
        }
        #expect(try packs() == 0)
        #expect(try log.places(in: bench.scope) == [1, 7, 8, 9])
        // Who held it finds out, and the name can be had again.
        try bench.run("echo 1 >file")
        #expect(throws: VolumeError.self) { try bench.commit(volume) }
        #expect(try bench.commit(bench.open())?.sequence == 11)
    }

    /// What is in use of a pack moves to another one, and the pack can go.
    @Test func `a pack that is mostly dead is rewritten`() throws {
        let bench = try VolumeBench()
        let day: UInt64 = 24 * 3_600_000_000_000
        let begin = UInt64(Date().timeIntervalSince1970) * 1_000_000_000
        try bench.run("for i in 1 2 3 4 5 6 7 8; do head -c 90000 /dev/urandom >f$i; done")
        let volume = try bench.open(), sweeper = Sweeper(bench.store)
        try bench.commit(volume, time: begin)
        try bench.run("rm f1 f2 f3 f4 f5 f6")
        try bench.commit(volume, time: begin)
        var report = Sweeper.Report()
        func sweep(_ days: UInt64) throws {
            report = try #require(
                try sweeper.sweep(
                    [volume.log.place: Retention(last: 1)],
                    now: begin + days * day,
                    in: bench.scope
                )
            )
        }
        // The version before has most of it still.
        try sweep(1)
        #expect(report.sparse == [])
        try sweep(2)
        #expect(report.sparse.count == 1)
        volume.rewrite(report.sparse)
        let record = try #require(try bench.commit(volume, time: begin + 1))
        #expect(record.statistics.stored > 180_000 && record.statistics.stored < 200_000)
        for days in 3...7 as ClosedRange<UInt64> { try sweep(days) }
        #expect(report.sparse == [])
        let stored = try bench.store.all("p/", in: bench.scope).reduce(0) { $0 + $1.status.size }
        #expect(stored < 200_000)
        try bench.restore(record, to: "restored")
        #expect(try bench.text("restored") == bench.text("data"))
        #expect(try bench.commit(volume) == nil)
    }

    @Test func `a chunk that is not what it was is told`() throws {
        let bench = try VolumeBench()
        try bench.run("for i in 1 2 3; do head -c 90000 /dev/urandom >f$i; done")
        let volume = try bench.open()
        let record = try #require(try bench.commit(volume))
        let whole = try Verification(of: record, in: bench.store, bench.scope)
        #expect(whole.chunks == 4 && whole.damaged == 0 && whole.bytes > 270_000)
        let pack = try Shell.run("find \(bench.folder)/store/p -type f").split(separator: "\n")[0]
        try Shell.run("printf 'x' | dd of=\(pack) bs=1 seek=100000 conv=notrunc status=none")
        let damaged = try Verification(of: record, in: bench.store, bench.scope)
        #expect(damaged.damaged == 1 && damaged.damages[0].reason.contains("is not what its name says"))
        #expect(damaged.files.values.allSatisfy { $0 == record.sequence } && damaged.files.count == 1)
        // What two versions have is read once, and what is read of the second is its own.
        try bench.run("echo new >f4")
        let next = try #require(try bench.commit(volume))
        var both = damaged
        try both.read(next, in: bench.store, bench.scope)
        #expect(both.chunks > damaged.chunks && both.chunks < 2 * damaged.chunks && both.damaged == 1)
        #expect(both.files == damaged.files)
    }
}
