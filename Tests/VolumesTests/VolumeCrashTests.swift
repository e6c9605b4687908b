// SPDX-License-Identifier: Apache-2.0
internal import Glibc
internal import Linux
internal import TestKit
internal import Testing

@testable internal import Volumes

/// A holder that dies at each step of a commit, and another one that begins with an empty disk.
@Suite struct VolumeCrashTests {
    private static let change = """
        run:echo 2 >second; rm first; mkdir more; head -c 900000 /dev/urandom >more/large; \
        ln second more/link; ln -s more/large symbolic; touch -d @1234567890.123456789 second; chmod 750 more
        """

    /// Up to the record nothing happened, from the record on all of it; whoever it is that dies.
    @Test(arguments: [
        (Failpoint.volumePackDue, false), (.volumePackSent, false), (.volumeRecordDue, false),
        (.volumeRecordMade, true),
    ]) func `who dies in a commit leaves the version before or the one after`(
        point: Failpoint,
        isCommitted: Bool
    ) throws {
        let bench = try VolumeBench()
        try bench.run("echo 1 >first")
        try bench.commit(bench.open(), releasing: true)
        let before = try bench.text("data")
        let holder = try bench.hold(1, failpoint: point.rawValue, [Self.change, "commit"])
        #expect(holder.end() == SIGKILL)
        let after = try bench.text("data")
        #expect(before != after)
        // The machine is gone: another one waits until there is no sign of life, and reads what the store has.
        let second = try bench.open(2, LeaseTiming(heartbeat: .milliseconds(10), patience: .milliseconds(30)))
        try bench.restore(second.head, to: "restored")
        #expect(try bench.text("restored") == (isCommitted ? after : before), "\(point)")
        #expect(try Verification(of: second.head, in: bench.store, bench.scope).damaged == 0)
        // It goes on from there.
        try Shell.run("echo 3 >\(bench.folder)/restored/third")
        try bench.commit(second, of: "restored")
        try bench.restore(second.head, to: "next")
        #expect(try bench.text("next") == bench.text("restored"))
    }

    /// The same owner on the same disk: what was not committed is, and nothing is lost.
    @Test(arguments: [Failpoint.volumePackSent, .volumeRecordDue, .volumeRecordMade])
    func `an agent that died goes on with its disk`(point: Failpoint) throws {
        let bench = try VolumeBench()
        try bench.run("echo 1 >first")
        try bench.commit(bench.open())
        let holder = try bench.hold(1, failpoint: point.rawValue, [Self.change, "commit"])
        #expect(holder.end() == SIGKILL)
        // It does not wait for itself.
        let volume = try bench.open(1, LeaseTiming(heartbeat: .seconds(60), patience: .seconds(600)))
        let record = try bench.commit(volume)
        #expect((record == nil) == (point == .volumeRecordMade))
        try bench.restore(volume.head, to: "restored")
        #expect(try bench.text("restored") == bench.text("data"))
    }

    /// Overtaken, and killed before its branch was made: with its disk it makes it later.
    @Test func `who dies before the branch makes it later`() throws {
        let bench = try VolumeBench()
        let holder = try bench.hold(
            1,
            failpoint: Failpoint.volumeBranchDue.rawValue,
            ["run:echo 1 >file", "commit", "run:echo 2 >file", "stopped-commit", "branch"]
        )
        try holder.waitStopped()
        let timing = LeaseTiming(heartbeat: .milliseconds(10), patience: .milliseconds(30))
        let second = try bench.open(2, timing)
        holder.resume()
        #expect(holder.end() == SIGKILL)
        #expect(try VolumeCatalog(bench.store).branches(of: LogPlace("shop/data"), in: bench.scope) == [])
        try bench.restore(second.head, to: "second")
        #expect(try bench.run("cat ../second/file") == "1\n")
        // A branch from the disk alone, by the last version that it had.
        let stood = try bench.log().record(2, in: bench.scope)
        let root = try Descriptor.open("\(bench.folder)/data", O_RDONLY | O_DIRECTORY)
        let place = try #require(
            try StoredVolume.branch(root, from: stood, of: bench.log(), time: 0, in: bench.scope)
        )
        #expect(place.volume == "shop/data@lost-1")
        let kept = try #require(try CommitLog(place, in: bench.store).tail(in: bench.scope))
        #expect(kept.origin?.sequence == 2 && kept.owner == stood.owner)
        try bench.restore(kept, to: "kept")
        #expect(try bench.text("kept") == bench.text("data"))
    }
}
