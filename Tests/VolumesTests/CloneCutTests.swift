// SPDX-License-Identifier: Apache-2.0
internal import Glibc
internal import Linux
internal import Synchronization
internal import TestKit
internal import Testing

@testable internal import Volumes

/// A cut in which files are cloned, on file systems that can: what is read later is as of the cut.
@Suite(
    .enabled(if: LoopDisk.obstacle == nil, "skipped: the kernel has no loop devices, no btrfs or no xfs"),
    .timeLimit(.minutes(5))
) struct CloneCutTests {
    /// Runs one script as it begins, and another one as soon as containers run again.
    private struct ScriptedCut: VolumeCut {
        let bench: VolumeBench
        var first = "true"
        var second = "true"

        func begin() throws(VolumeError) {
            do { try bench.run(first) } catch { throw VolumeError("change", first, .refused("\(error)")) }
        }

        func end() -> (isWhole: Bool, pause: Duration) {
            let isDone = (try? bench.run(second)) != nil
            return (isDone, .milliseconds(1))
        }
    }

    private static let tree = """
        mkdir -p a/b c; for i in 1 2 3; do head -c ${i}00000 /dev/urandom >a/$i; echo $i >a/b/$i; cp a/$i c/$i; done
        ln a/1 c/linked; truncate -s 3M a/sparse; head -c 3000000 /dev/urandom >c/large
        """

    private func root(_ bench: VolumeBench) throws -> Descriptor {
        try Descriptor.open("\(bench.folder)/data", O_RDONLY | O_DIRECTORY)
    }

    private func space(_ bench: VolumeBench) throws -> CloneSpace {
        CloneSpace(try Descriptor.open(bench.folder, O_RDONLY | O_DIRECTORY))
    }

    @Test(
        arguments: LoopDisk.sharing,
        [
            // Folders stay as they are: each file is looked at.
            """
            head -c 150000 /dev/urandom >a/2; echo more >>a/1; printf end | dd of=a/sparse bs=1 seek=500000 conv=notrunc 2>/dev/null
            truncate -s 2000000 c/large; chmod 600 c/large; echo small >a/b/1; : >c/3
            """,
            // They do not: all is read again.
            """
            cp c/large c/new; mv a/3 a/33; head -c 99999 /dev/urandom >c/tmp; mv c/tmp c/3; ln a/33 a/again
            rm c/linked; cp a/1 c/linked; rm a/2; mkdir a/2; cp c/large a/2/in; truncate -s 4M c/hole
            """,
        ]
    )
    func `what is in a version was there at its cut, whatever was written while it was read`(
        kind: String,
        change: String
    ) throws {
        let bench = try VolumeBench(on: LoopDisk(kind))
        try bench.run(Self.tree + "\nsleep 0.05")
        let volume = try bench.open(), root = try root(bench), space = try space(bench)
        // Read ahead, and told as of the cut.
        let after = """
            mkdir ../told; cp -a . ../told/; for f in $(find . -type f); do
              head -c 70000 /dev/urandom | dd of=$f conv=notrunc 2>/dev/null; echo longer >>$f; done
            truncate -s 5 c/large; rm a/1; mv c/1 c/other
            """
        let cut = ScriptedCut(bench: bench, first: change, second: after)
        let record = try #require(
            try volume.commit(root, isCut: true, cut: cut, by: space, time: 0, in: bench.scope)
        )
        #expect(record.flags == [] && space.counts.made >= 4 && space.counts.refused == 0, "\(space.counts)")
        try bench.restore(record, to: "restored")
        #expect(try bench.text("restored") == bench.text("told"))
        // What was written since is in the next one.
        let next = try #require(try volume.commit(root, isCut: true, time: 0, in: bench.scope))
        try bench.restore(next, to: "next")
        #expect(try bench.text("next") == bench.text("data"))
        // No clone has a name.
        #expect(try Shell.run("ls -A \(bench.folder)") == "data\nnext\nrestored\nstore\ntold\n")
    }

    /// A process that writes numbers into one file and then into another one, place by place, as fast as it can.
    private final class Writer: VolumeCut {
        private static let script = """
            import os, sys
            files = [os.open(name, os.O_RDWR | os.O_CREAT) for name in ('one', 'two')]
            for file in files: os.ftruncate(file, 64 * 65536)
            number = 0
            while True:
                number += 1
                for file in files:
                    for place in range(64): os.pwrite(file, number.to_bytes(8, 'little'), place * 65536)
                if number == 1: os.mkdir('ready')
            """
        private let pid: Int32

        init(_ bench: VolumeBench) throws {
            pid = try Spawn([
                "/bin/sh", "-c", "cd \(bench.folder)/data && exec python3 -c \"$0\"", Self.script,
            ]).start()
            while access("\(bench.folder)/data/ready", F_OK) < 0 {
                try #require(waitpid(pid, nil, WNOHANG) == 0, "it has ended")
                usleep(1_000)
            }
        }

        deinit {
            kill(pid, SIGKILL)
            waitpid(pid, nil, 0)
        }

        func begin() throws(VolumeError) {
            var status: Int32 = 0
            kill(pid, SIGSTOP)
            guard waitpid(pid, &status, WUNTRACED) == pid, status & 0xFF == 0x7F else {
                throw VolumeError("stop", "writer", .refused("it has ended"))
            }
        }

        func end() -> (isWhole: Bool, pause: Duration) { (kill(pid, SIGCONT) == 0, .milliseconds(1)) }
    }

    @Test(arguments: LoopDisk.sharing)
    func `two files that are written one after the other are of one instant in each version`(kind: String)
        throws
    {
        let bench = try VolumeBench(on: LoopDisk(kind)), writer = try Writer(bench)
        let volume = try bench.open(), root = try root(bench)
        var seen: Set<UInt64> = []
        for round in 1...6 {
            let space = try space(bench)
            let record = try #require(
                try volume.commit(root, isCut: true, cut: writer, by: space, time: 0, in: bench.scope)
            )
            #expect(record.flags == [], "round \(round)")
            #expect(space.counts.made == 2 && space.counts.refused == 0, "round \(round): \(space.counts)")
            try bench.restore(record, to: "\(round)")
            // In the order in which they were written; at one instant some have the next number already.
            var numbers: [UInt64] = []
            for name in ["one", "two"] {
                let file = try Descriptor.open("\(bench.folder)/\(round)/\(name)", O_RDONLY)
                for place in 0..<64 {
                    var number: UInt64 = 0
                    _ = try withUnsafeMutableBytes(of: &number) { bytes throws(LinuxError) in
                        try file.read(into: bytes, at: Int64(place) * 65_536)
                    }
                    numbers.append(number)
                }
            }
            #expect(numbers == numbers.sorted(by: >), "round \(round): \(numbers)")
            #expect(numbers[0] - numbers[127] <= 1, "round \(round): \(numbers)")
            seen.insert(numbers[0])
        }
        #expect(seen.count == 6)
    }

    @Test(arguments: LoopDisk.sharing)
    func `what is written through a mapping after its clone was made is in the next version`(kind: String)
        throws
    {
        let bench = try VolumeBench(on: LoopDisk(kind)), volume = try bench.open(), root = try root(bench)
        let file = try MappedFile("\(bench.folder)/data/mapped", size: 65_536)
        struct WritingCut: VolumeCut {
            let file: MappedFile
            func begin() throws(VolumeError) { file.write() }
            func end() -> (isWhole: Bool, pause: Duration) {
                file.write()
                return (true, .zero)
            }
        }
        for round in 1...4 {
            try bench.run("sleep 0.05")
            let space = try space(bench), cut = WritingCut(file: file)
            let record = try volume.commit(root, isCut: true, cut: cut, by: space, time: 0, in: bench.scope)
            #expect(space.counts.made == 1, "round \(round)")
            try bench.restore(try #require(record), to: "\(round)")
            let held = try Descriptor.open("\(bench.folder)/\(round)/mapped", O_RDONLY).read(1)
            #expect(held == [UInt8(round * 2 - 1)], "round \(round)")
        }
        try bench.run("sleep 0.05")
        let last = try #require(try volume.commit(root, isCut: true, time: 0, in: bench.scope))
        try bench.restore(last, to: "last")
        #expect(try bench.text("last") == bench.text("data"))
    }

    /// A killed holder of clones leaves no file and no room that is taken.
    @Test(arguments: LoopDisk.sharing)
    func `who dies with clones leaves none, and the next one commits what is there`(kind: String) throws {
        let bench = try VolumeBench(on: LoopDisk(kind))
        try bench.run("head -c 100000000 /dev/urandom >large; echo 1 >small")
        try bench.commit(bench.open())
        func used() throws -> Int {
            let told = try Shell.run("sync -f \(bench.folder); stat -f -c '%b %f %S' \(bench.folder)")
            let numbers = told.split(whereSeparator: \.isWhitespace).compactMap { Int($0) }
            try #require(numbers.count == 3, "\(told)")
            return (numbers[0] - numbers[1]) * numbers[2]
        }
        let before = try used()
        // All of the file is another one, so that a clone that was left would need as much again.
        let holder = try bench.hold(
            1,
            failpoint: Failpoint.volumeCutEnded.rawValue,
            ["run:echo 2 >small", "cloned:echo 3 >small; echo more >>large"]
        )
        #expect(holder.end() == SIGKILL)
        #expect(try Shell.run("ls -A \(bench.folder)").contains("clone") == false)
        let volume = try bench.open(1, LeaseTiming(heartbeat: .seconds(60), patience: .seconds(600)))
        let record = try #require(try bench.commit(volume))
        try bench.restore(record, to: "restored")
        #expect(try bench.text("restored") == bench.text("data"))
        try Shell.run("rm -r \(bench.folder)/restored \(bench.folder)/data/large \(bench.folder)/store/p")
        // It is given back in the background.
        let deadline = ContinuousClock.now + .seconds(60)
        while try used() > before - 100_000_000, ContinuousClock.now < deadline { usleep(50_000) }
        #expect(try used() <= before - 100_000_000)
    }

    @Test func `a file that cannot be cloned is read, and the others are cloned`() throws {
        let bench = try VolumeBench(on: LoopDisk("btrfs"))
        // Its content has no checksums, and cannot be shared with one that has.
        try bench.run("touch plain; chattr +C plain; head -c 500000 /dev/urandom >plain; cp plain other")
        let volume = try bench.open(), root = try root(bench), space = try space(bench)
        let cut = ScriptedCut(bench: bench, first: "echo more >>plain; echo more >>other")
        let record = try volume.commit(root, isCut: true, cut: cut, by: space, time: 0, in: bench.scope)
        #expect(space.counts == CloneSpace.Counts(made: 1, refused: 1))
        try bench.restore(try #require(record), to: "restored")
        #expect(try bench.text("restored") == bench.text("data"))
    }

    @Test func `where there is no room for clones files are read`() throws {
        let bench = try VolumeBench(on: LoopDisk("btrfs"))
        try bench.run("for i in 1 2 3; do head -c 200000 /dev/urandom >$i; done")
        // Clones would be in a folder that may have nothing more.
        try Shell.run(
            """
            set -e; cd \(bench.folder); btrfs quota enable .; btrfs subvolume create full; btrfs qgroup limit 20K full; sync -f .
            """
        )
        let full = try Descriptor.open("\(bench.folder)/full", O_RDONLY | O_DIRECTORY)
        #expect(CloneSpace.isPossible(in: full) == nil)
        let space = CloneSpace(full), volume = try bench.open(), root = try root(bench)
        let cut = ScriptedCut(bench: bench, first: "for i in 1 2 3; do echo more >>$i; done")
        let record = try volume.commit(root, isCut: true, cut: cut, by: space, time: 0, in: bench.scope)
        #expect(space.counts == CloneSpace.Counts(made: 0, refused: 3))
        try bench.restore(try #require(record), to: "restored")
        #expect(try bench.text("restored") == bench.text("data"))
    }

    @Test func `what shares nothing says so`() throws {
        for kind in LoopDisk.sharing {
            let disk = try LoopDisk(kind)
            #expect(CloneSpace.isPossible(in: try Descriptor.open(disk.path, O_RDONLY | O_DIRECTORY)) == true)
        }
        for kind in ["xfs -m reflink=0", "ext4"] {
            let disk = try LoopDisk(kind)
            #expect(
                CloneSpace.isPossible(in: try Descriptor.open(disk.path, O_RDONLY | O_DIRECTORY)) == false
            )
        }
        let memory = try Descriptor.open("/dev/shm", O_RDONLY | O_DIRECTORY)
        #expect(CloneSpace.isPossible(in: memory) == false)
    }
}
