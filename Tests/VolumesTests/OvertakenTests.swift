// SPDX-License-Identifier: Apache-2.0
internal import Glibc
internal import Linux
internal import TestKit
internal import Testing
internal import Transfer

@testable internal import Volumes

@Suite struct OvertakenTests {
    @Test func `who was overtaken commits no more`() throws {
        let bench = try VolumeBench()
        let timing = LeaseTiming(heartbeat: .milliseconds(20), patience: .milliseconds(60))
        try bench.run("echo 1 >file")
        let first = try bench.open(1, timing)
        try bench.commit(first)
        // It gives no sign of life.
        let second = try bench.open(2, timing)
        #expect(second.head.epoch == 2)
        try bench.run("echo 2 >file")
        let error = #expect(throws: VolumeError.self) { try bench.commit(first) }
        #expect(error?.description == "commit shop/data: node-2 writes it now")
        #expect(try bench.commit(second)?.sequence == 4)
    }

    @Test func `who lives is not overtaken`() throws {
        let bench = try VolumeBench()
        let timing = LeaseTiming(heartbeat: .milliseconds(50), patience: .seconds(5))
        let first = try bench.open(1, timing)
        // A second owner asks twice, and hears of another sign.
        let heartbeat = try Heartbeat(of: first.head.epoch, in: bench.log(timing))
        let error = #expect(throws: VolumeError.self) { try bench.open(2, timing) }
        #expect(error?.description.contains("node-1 writes it") == true)
        #expect(heartbeat.lastFailure == nil)
        heartbeat.stop()
    }

    /// Stopped between its packs and its record, as a machine that sleeps is.
    @Test func `what a stopped holder had not committed is a branch`() throws {
        let bench = try VolumeBench()
        try bench.run("echo 1 >kept; mkdir folder; head -c 90000 /dev/urandom >folder/large")
        let holder = try bench.hold(1, ["commit", "run:echo 2 >lost; rm kept", "stopped-commit", "branch"])
        try holder.waitStopped()
        #expect(try bench.log().tail(in: bench.scope)?.sequence == 2)
        // Another one takes it over, with its last version and changes of its own.
        let second = try bench.open(2, LeaseTiming(heartbeat: .milliseconds(20), patience: .milliseconds(60)))
        #expect(second.head.epoch == 2)
        try bench.restore(second.head, to: "other")
        try Shell.run("echo 3 >\(bench.folder)/other/second")
        let other = try bench.commit(second, of: "other")
        #expect(other?.sequence == 4)
        holder.resume()
        #expect(
            try holder.lines() == [
                "acquired 1", "commit 2", "run 0", "error commit shop/data: node-2 writes it now",
                "branch shop/data@lost-1",
            ]
        )
        // Both are there whole, and neither has anything of the other.
        let catalog = VolumeCatalog(bench.store), place = try LogPlace("shop/data")
        let branch = try #require(try catalog.branches(of: place, in: bench.scope).first)
        let record = try #require(try CommitLog(branch, in: bench.store).tail(in: bench.scope))
        try bench.restore(record, to: "branch")
        #expect(try bench.text("branch") == bench.text("data"))
        try bench.restore(second.head, to: "main")
        #expect(try bench.text("main") == bench.text("other"))
        #expect(record.origin?.volume == "shop/data" && record.origin?.sequence == 2)
        #expect(record.owner.node == "node-1" && record.flags == [.fence, .released, .origin])
        #expect(try catalog.logs(in: bench.scope).map(\.volume) == ["shop/data", "shop/data@lost-1"])
        // It is a log as every other one.
        let log = CommitLog(branch, in: bench.store)
        let owner = CommitRecord.Owner(id: [UInt8](repeating: 3, count: 16), node: "node-3")
        let third = try StoredVolume(log, for: owner, time: 0, in: bench.scope)
        try bench.run("echo 4 >more")
        #expect(try bench.commit(third)?.sequence == 3)
    }

    @Test func `what was written after the last look is in the branch, though whoever looked was called off`()
        throws
    {
        let bench = try VolumeBench()
        let volume = try bench.open()
        try bench.run("echo 1 >file")
        try bench.commit(volume)
        let scope = TransferScope(),
            root = try Descriptor.open("\(bench.folder)/data", O_RDONLY | O_DIRECTORY)
        #expect(try !volume.readAhead(root, in: scope))
        try bench.run("echo 2 >file; echo 3 >other")
        scope.cancel()
        let branch = try #require(try bench.branch(volume))
        let record = try #require(try CommitLog(branch, in: bench.store).tail(in: bench.scope))
        try bench.restore(record, to: "branch")
        #expect(try bench.text("branch") == bench.text("data"))
    }

    @Test func `a last commit that was not heard of is not made twice`() throws {
        let bench = try VolumeBench()
        let volume = try bench.open()
        try bench.run("echo 1 >file")
        let record = try #require(try bench.commit(volume, releasing: true))
        #expect(volume.mayBeReleased)
        #expect(try bench.commit(volume, releasing: true) == record)
        #expect(try bench.log().tail(in: bench.scope) == record)
    }

    @Test func `a second branch of one epoch has a name of its own, and no change makes none`() throws {
        let bench = try VolumeBench()
        let volume = try bench.open()
        try bench.run("echo 1 >file")
        try bench.commit(volume)
        #expect(try bench.branch(volume) == nil)
        try bench.run("echo 2 >file")
        #expect(try bench.branch(volume)?.volume == "shop/data@lost-1")
        try bench.run("echo 3 >file")
        #expect(try bench.branch(volume)?.volume == "shop/data@lost-1-2")
        #expect(try bench.log().tail(in: bench.scope)?.sequence == 2)
    }

    /// One who slept between looking and fencing, while what was at the place came and was given up.
    @Test func `a fence within a log is none`() throws {
        func owner(_ id: UInt8) -> CommitRecord.Owner {
            CommitRecord.Owner(id: [UInt8](repeating: id, count: 16), node: "node-\(id)")
        }
        let other = CommitRecord(
            sequence: 5,
            epoch: 3,
            owner: owner(2),
            parent: try ContentName(of: [1]),
            root: nil,
            flags: [],
            time: 0,
            statistics: CommitRecord.Statistics(),
            nonce: [UInt8](repeating: 2, count: 16)
        )
        var acquisition = Acquisition(
            owner: owner(1),
            hint: 0,
            time: 0,
            nonce: [UInt8](repeating: 1, count: 16),
            timing: LeaseTiming()
        )
        var asked: [String] = []
        var step = acquisition.begin()
        for answer in [
            .places([]), .absent, .created, .places([5]), .places([]), .bytes(try other.encoded()), .absent,
        ] as [LogAnswer] {
            guard case .ask(let request) = step else { break }
            asked.append("\(request)".prefix { $0 != "[" }.description)
            step = acquisition.take(answer, at: .zero)
        }
        #expect(
            asked == [
                "list(after: 0)", "read(1)", "create(1, ", "list(after: 1)", "list(after: 5)", "read(5)",
                "read(6)",
            ]
        )
        guard case .ask(.readHeartbeat(epoch: 3)) = step else {
            Issue.record("\(step)")
            return
        }
    }
}
