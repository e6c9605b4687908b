// SPDX-License-Identifier: Apache-2.0
internal import Glibc
internal import Linux
internal import Testing

@testable internal import Volumes

/// A version is the tree of the instant of its cut, whatever was read before.
@Suite(.timeLimit(.minutes(5))) struct VolumeCutTests {
    /// Changes the directory as it begins, as containers do until they stand still.
    private struct ChangingCut: VolumeCut {
        let bench: VolumeBench
        let change: String
        var isWhole = true

        func begin() throws(VolumeError) {
            do { try bench.run(change) } catch { throw VolumeError("change", change, .refused("\(error)")) }
        }

        func end() -> (isWhole: Bool, pause: Duration) { (isWhole, .milliseconds(7)) }
    }

    private static let tree = """
        mkdir -p a/b c; for i in 1 2 3; do echo $i >a/$i; echo $i >a/b/$i; echo $i >c/$i; done
        ln a/1 c/linked; ln -s 1 a/soft; mkfifo c/pipe; truncate -s 1M a/sparse
        touch -d '2001-02-03 04:05:06.789' a/1 a/b c
        """

    @Test(arguments: [
        // Folders stay as they are: each file is looked at.
        """
        echo longer than before >a/b/2; echo y >c/3; echo more >>a/1; : >a/b/1; chmod 4711 a/2; chown 5:6 c/2
        touch -d 2002-01-01 a/3; printf end | dd of=a/sparse bs=1 seek=500000 conv=notrunc 2>/dev/null
        python3 -c 'import os; os.setxattr("c/1", "user.a", b"b")'
        """,
        // They do not: all is read again.
        "echo new >c/0; rm a/b/3; mv a/2 a/22; chmod 700 a/b; rm a/soft; ln -s other a/soft; ln a/b/1 a/again",
        "rm a/2; mkdir a/2; echo in >a/2/in; mv a/b c/b; rm c/linked; echo own >c/linked",
        "true",
    ])
    func `what changed after the first reading is in the version`(_ change: String) throws {
        let bench = try VolumeBench()
        try bench.run(Self.tree)
        // Older than the clock's ticks, so that it counts as known.
        try bench.run("sleep 0.05")
        let volume = try bench.open()
        let root = try Descriptor.open("\(bench.folder)/data", O_RDONLY | O_DIRECTORY)
        let cut = ChangingCut(bench: bench, change: change)
        let record = try #require(
            try volume.commit(root, isCut: true, cut: cut, time: 0, in: bench.scope)
        )
        #expect(record.flags == [] && record.statistics.pause == 7_000_000)
        try bench.restore(record, to: "restored")
        #expect(try bench.text("restored") == bench.text("data"))
        // And nothing is left for the next one.
        #expect(try volume.readAhead(root, in: bench.scope) == false)
    }

    /// Does something as it begins.
    private struct ActingCut: VolumeCut {
        let act: @Sendable () -> Void

        func begin() throws(VolumeError) { act() }
        func end() -> (isWhole: Bool, pause: Duration) { (true, .zero) }
    }

    @Test(arguments: [false, true])
    func `what is written through a mapping that was written before is in the next version`(_ isCut: Bool)
        throws
    {
        let bench = try VolumeBench(), volume = try bench.open()
        let root = try Descriptor.open("\(bench.folder)/data", O_RDONLY | O_DIRECTORY)
        try bench.run("echo 1 >other; sleep 0.05")
        let file = try MappedFile("\(bench.folder)/data/mapped")
        var versions: [(record: CommitRecord, text: String)] = []
        for round in 1...4 {
            file.write()
            // So long ago that its times alone are believed.
            try bench.run("sleep 0.05")
            let cut = isCut ? ActingCut { file.write() } : nil
            let record = try volume.commit(root, isCut: true, cut: cut, time: 0, in: bench.scope)
            versions.append((try #require(record, "round \(round)"), try bench.text("data")))
        }
        try bench.run("sleep 0.05")
        #expect(try volume.readAhead(root, in: bench.scope) == false)
        #expect(try volume.commit(root, isCut: true, time: 0, in: bench.scope) == nil)
        // Only now: a restore has the whole disk written, and so the page of the file.
        for (number, version) in versions.enumerated() {
            try bench.restore(version.record, to: "restored-\(number)")
            #expect(try bench.text("restored-\(number)") == version.text, "version \(number)")
        }
    }

    @Test func `a cut that was too short makes a fuzzy version, and one that nothing needs is not made`()
        throws
    {
        let bench = try VolumeBench()
        try bench.run(Self.tree)
        let volume = try bench.open()
        let root = try Descriptor.open("\(bench.folder)/data", O_RDONLY | O_DIRECTORY)
        let late = ChangingCut(bench: bench, change: "true", isWhole: false)
        let record = try volume.commit(root, isCut: true, cut: late, time: 0, in: bench.scope)
        #expect(record?.flags == .fuzzy)
        _ = bench.store.count()
        let never = ChangingCut(bench: bench, change: "exit 1")
        #expect(try volume.commit(root, isCut: true, cut: never, time: 0, in: bench.scope) == nil)
        #expect(bench.store.count().writes == 0)
    }
}
