// SPDX-License-Identifier: Apache-2.0
internal import Objects
internal import TestKit
internal import Testing

@testable internal import Volumes

@Suite struct VersionTests {
    @Test func `a snapshot keeps the name of a version, for one object`() throws {
        let bench = try VolumeBench()
        let volume = try bench.open(), log = try bench.log()
        try bench.run("echo 1 >file")
        let first = try #require(try bench.commit(volume))
        _ = bench.store.count()
        try log.snapshot("before-1.2", of: first, time: 7, in: bench.scope)
        #expect(bench.store.count().writes == 1)
        try bench.run("echo 2 >file")
        let second = try #require(try bench.commit(volume))
        try log.snapshot("after", of: second, time: 8, in: bench.scope)
        let snapshots = try log.snapshots(in: bench.scope)
        #expect(snapshots.map(\.name) == ["after", "before-1.2"])
        #expect(snapshots[1].sequence == first.sequence && snapshots[1].time == 7)
        let name = try ContentName(of: first.encoded())
        #expect(snapshots[1].record == name)
        // The same again is no other one; another version is.
        try log.snapshot("after", of: second, time: 8, in: bench.scope)
        let error = #expect(throws: VolumeError.self) {
            try log.snapshot("after", of: first, time: 8, in: bench.scope)
        }
        #expect(
            error?.description.hasSuffix("there is a snapshot after: choose another name, or remove it")
                == true
        )
        for name in ["", ".", "a/b", "-a", "ä", String(repeating: "x", count: 65)] {
            #expect(throws: VolumeError.self) { try log.snapshot(name, of: first, time: 8, in: bench.scope) }
        }
        try log.removeSnapshot("after", in: bench.scope)
        #expect(try log.snapshots(in: bench.scope).map(\.name) == ["before-1.2"])
        // A snapshot is no version of the log, and no other volume.
        #expect(try log.versions(in: bench.scope).map(\.sequence) == [1, 2, 3])
        #expect(try VolumeCatalog(bench.store).logs(in: bench.scope) == [log.place])
    }

    @Test func `a clone is one object, and a volume of its own`() throws {
        let bench = try VolumeBench()
        let volume = try bench.open()
        try bench.run("mkdir a; echo 1 >a/file; head -c 200000 /dev/urandom >large")
        let record = try #require(try bench.commit(volume))
        let place = try LogPlace("other/copy"), log = CommitLog(place, in: bench.store)
        let owner = CommitRecord.Owner(id: [UInt8](repeating: 9, count: 16), node: "node-9")
        _ = bench.store.count()
        func clone(_ nonce: UInt8) throws -> CommitRecord {
            try log.clone(
                record,
                of: LogPlace("shop/data"),
                by: owner,
                time: 5,
                nonce: [UInt8](repeating: nonce, count: 16),
                in: bench.scope
            )
        }
        let first = try clone(1)
        #expect(bench.store.count().writes == 1)
        #expect(first.origin?.volume == "shop/data" && first.origin?.sequence == record.sequence)
        #expect(throws: VolumeError.self) { try clone(2) }
        try bench.restore(first, to: "cloned")
        #expect(try bench.text("cloned") == bench.text("data"))
        // From here on they are two.
        let other = try StoredVolume(log, for: owner, time: 0, in: bench.scope)
        try bench.run("echo 2 >a/file")
        try bench.commit(volume)
        try bench.run("echo 3 >a/file")
        let changed = try #require(try bench.commit(other))
        #expect(changed.epoch == 2 && changed.sequence == 3)
        try bench.restore(changed, to: "changed")
        #expect(try bench.run("cat ../changed/a/file") == "3\n")
        try bench.restore(volume.head, to: "original")
        #expect(try bench.run("cat ../original/a/file") == "2\n")
        #expect(
            try VolumeCatalog(bench.store).logs(in: bench.scope).map(\.volume) == ["other/copy", "shop/data"]
        )
        #expect(
            try VolumeCatalog(bench.store).logs(app: "shop", in: bench.scope).map(\.volume) == ["shop/data"]
        )
    }

    @Test func `a volume goes back to an earlier version, for one object, and from there on`() throws {
        let bench = try VolumeBench()
        let volume = try bench.open()
        try bench.run("echo 1 >file; head -c 200000 /dev/urandom >large")
        let first = try #require(try bench.commit(volume))
        let text = try bench.text("data")
        try bench.run("echo 2 >file; rm large")
        let second = try #require(try bench.commit(volume))
        try bench.restore(first, to: "back")
        try Shell.run("cd \(bench.folder) && mv data before && mv back data")
        _ = bench.store.count()
        let back = try volume.goBack(to: first, time: 9, in: bench.scope)
        #expect(bench.store.count().writes == 1)
        #expect(back.sequence == 4 && back.root == first.root && back.time == 9)
        #expect(back.statistics.packs == 0 && back.statistics.bytes == first.statistics.bytes)
        // The directory has it already.
        #expect(try bench.commit(volume) == nil)
        try bench.restore(back, to: "restored")
        #expect(try bench.text("restored") == text)
        try bench.restore(second, to: "second")
        #expect(try bench.text("second") == bench.text("before"))
        try bench.run("echo 3 >file")
        let third = try #require(try bench.commit(volume))
        #expect(third.sequence == 5 && third.statistics.stored < 10_000)
        let error = #expect(throws: VolumeError.self) {
            try volume.goBack(
                to: CommitLog(volume.log.place, in: bench.store).record(1, in: bench.scope),
                time: 9,
                in: bench.scope
            )
        }
        #expect(error?.reason == "version 1 has no files: take another one")
    }

    @Test func `a version is found by its time`() throws {
        let bench = try VolumeBench()
        let volume = try bench.open(), log = try bench.log()
        for step in 1...9 as ClosedRange<UInt64> {
            try bench.run("echo \(step) >file")
            try bench.commit(volume, time: step * 100)
        }
        #expect(try log.versions(in: bench.scope).map(\.time) == [0] + (1...9).map { $0 * 100 })
        #expect(try log.versions(last: 2, in: bench.scope).map(\.sequence) == [9, 10])
        for (time, sequence) in [(100, 2), (199, 2), (550, 6), (900, 10), (1 << 60, 10), (0, 1)] {
            #expect(try log.record(at: UInt64(time), in: bench.scope).sequence == UInt64(sequence))
        }
        let late = try StoredVolume(
            CommitLog(LogPlace("shop/late"), in: bench.store),
            for: volume.head.owner,
            time: 50,
            in: bench.scope
        )
        let error = #expect(throws: VolumeError.self) { try late.log.record(at: 49, in: bench.scope) }
        #expect(error?.description == "find shop/late: has no version so old: name a later time")
    }

    /// In a store in which creations are not atomic each owner has a line, and a second one is a branch.
    @Test func `owners side by side have lines side by side`() throws {
        let bench = try VolumeBench()
        let timing = LeaseTiming(
            heartbeat: .milliseconds(10),
            patience: .milliseconds(30),
            settle: .milliseconds(10)
        )
        let log = CommitLog(
            try LogPlace("shop/data"),
            in: bench.store,
            timing: timing,
            guarantee: VolumeGuarantee(StorePromises())
        )
        func open(_ owner: UInt8) throws -> StoredVolume {
            let owner = CommitRecord.Owner(id: [UInt8](repeating: owner, count: 16), node: "node-\(owner)")
            return try StoredVolume(log, for: owner, time: 0, in: bench.scope)
        }
        let first = try open(1)
        #expect(first.guarantee.rawValue == "fork-preserving")
        try bench.run("echo 1 >file")
        try bench.commit(first)
        let second = try open(2)
        try bench.restore(second.head, to: "other")
        try Shell.run("echo 2 >\(bench.folder)/other/file")
        try bench.commit(second, of: "other")
        #expect(try log.history(in: bench.scope).forks == [])
        try bench.run("echo 3 >file")
        #expect(throws: VolumeError.self) { try bench.commit(first) }
        #expect(throws: VolumeError.self) { try bench.commit(first) }
        let branch = try #require(try bench.branch(first))
        try bench.run("echo 4 >more")
        #expect(try bench.branch(first) == branch)
        let history = try log.history(in: bench.scope)
        #expect(history.main == second.line)
        #expect(history.forks == [first.line])
        let kept = try #require(try CommitLog(branch, in: bench.store).tail(in: bench.scope))
        try bench.restore(kept, to: "kept")
        #expect(try bench.text("kept") == bench.text("data"))
        // Who comes next stands on what was gone on with.
        try bench.commit(second, of: "other", releasing: true)
        #expect(try log.tail(in: bench.scope) == second.head)
        let third = try open(3)
        try bench.restore(third.head, to: "third")
        #expect(try bench.text("third") == bench.text("other"))
        #expect(third.head.epoch == 3)
    }
}
