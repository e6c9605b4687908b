// SPDX-License-Identifier: Apache-2.0
internal import Desired
internal import Linux
internal import Objects
internal import TestKit
internal import Testing
internal import Transfer

@testable internal import Agent
@testable internal import Volumes

/// Volumes of objects on nodes: what is believed of what is here, and whose the files are.
@Suite(.timeLimit(.minutes(5))) struct HeldObjectsTests {
    private final class Bench: Sendable {
        let folder: RecordsFolder
        let store: MeasuredStore
        let storage = VolumeStorage(store: "files", mode: .objects)

        init() throws {
            folder = try RecordsFolder()
            try Shell.run("mkdir -m 755 \(folder.path)/store")
            store = MeasuredStore(DirectoryStore(path: "\(folder.path)/store"))
        }

        func holder(_ node: String, owner: UInt8) throws -> HeldVolume {
            let name = VolumeName(app: "shop", name: "data")
            let owner = CommitRecord.Owner(id: Array(repeating: owner, count: 16), node: node)
            let folder = VolumeFolder(app: "\(folder.path)/\(node)/shop", name: "data")
            return try HeldVolume(name, storage, in: store, folder, for: owner)
        }

        /// What a container's start does.
        func start(_ node: String) throws {
            try Shell.run("mkdir -p \(folder.path)/\(node)")
            let seed = VolumeStore.Seed(mode: 0o750, uid: 7, gid: 8)
            _ = try VolumeStore(folder: "\(folder.path)/\(node)").seeded(app: "shop", name: "data", seed)
        }

        @discardableResult
        func run(_ node: String, _ script: String) throws -> String {
            try Shell.run("set -e; umask 022; cd \(folder.path)/\(node)/shop/data/data\n\(script)\n")
        }
    }

    @Test func `the files are on the next node, and belong to whom the image says`() async throws {
        let bench = try Bench()
        let one = try bench.holder("one", owner: 1)
        #expect(try await one.acquire(isUsed: false).isRestored == false)
        try bench.start("one")
        try bench.run("one", "mkdir sub; echo a >sub/a; echo b >b")
        #expect(try await one.readAhead() == 4)
        let record = try #require(try await one.commit(nil, releasing: true))
        #expect(record.sequence == 1 && record.statistics.entries == 2 && record.statistics.packs == 2)
        #expect(
            try Shell.run("cd \(bench.folder.path)/store; find . -type f | sort")
                == "./o/shop/data/b\n./o/shop/data/sub/a\n"
        )
        #expect(try await one.branch(isCut: true) == nil)

        let two = try bench.holder("two", owner: 2)
        let acquired = try await two.acquire(isUsed: false)
        #expect(acquired.isRestored && acquired.aside == nil && acquired.head.statistics.entries == 2)
        try bench.start("two")
        let owners = "stat -c '%u:%g %a' . sub sub/a b"
        #expect(try bench.run("two", owners) == "7:8 750\n7:8 755\n7:8 644\n7:8 644\n")
        #expect(try bench.run("two", "ls ..") == "data\nobjects\nstored.json\n")
        let before = bench.store.figures["put"]
        #expect(try await two.readAhead() == nil && bench.store.figures["put"] == before)
        // The folder is the container's: what it makes of it stays.
        try bench.run("two", "chown 9 b")
        try bench.start("two")
        #expect(try bench.run("two", "stat -c %u b") == "9\n")
    }

    @Test func `what is here is gone on with by its owner, or if it was given back, and set aside otherwise`()
        async throws
    {
        let bench = try Bench()
        let first = try bench.holder("one", owner: 1)
        _ = try await first.acquire(isUsed: false)
        try bench.start("one")
        try bench.run("one", "echo a >a; echo b >b")
        _ = try await first.commit(nil, releasing: false)
        try bench.run("one", "echo more >>a; rm b")
        try Shell.run("echo c >\(bench.folder.path)/store/o/shop/data/c")
        // The next agent of the same node, while containers run and while none does.
        let used = try bench.holder("one", owner: 1)
        #expect(try await used.acquire(isUsed: true).isRestored == false)
        #expect(try bench.run("one", "cat *") == "a\nmore\n")
        #expect(try await used.fetch() == 1)
        #expect(try bench.run("one", "cat *") == "a\nmore\nc\n")
        let again = try bench.holder("one", owner: 1)
        #expect(try await again.acquire(isUsed: false).isRestored == false)
        _ = try await again.commit(nil, releasing: false)
        #expect(try Shell.run("cd \(bench.folder.path)/store/o/shop/data; cat *") == "a\nmore\nc\n")
        // After a loss of power nobody knows what is missing.
        try bench.run("one", ": >a")
        let later = try bench.holder("one", owner: 2)
        let acquired = try await later.acquire(isUsed: false)
        #expect(acquired.isRestored)
        #expect(try Shell.run("cat \(try #require(acquired.aside))/data/*") == "c\n")
        #expect(try bench.run("one", "cat *") == "a\nmore\nc\n")
        // Unless all of it was on the disk.
        _ = try await later.commit(nil, releasing: true)
        try bench.run("one", "echo d >d")
        let last = try bench.holder("one", owner: 3)
        #expect(try await last.acquire(isUsed: false).isRestored == false)
        #expect(try await last.commit(nil, releasing: false)?.statistics.packs == 1)
    }

    @Test func `what the store did not take is gone on with after a start of the machine, if it was left`()
        async throws
    {
        let bench = try Bench(), objects = "\(bench.folder.path)/store"
        let first = try bench.holder("one", owner: 1)
        _ = try await first.acquire(isUsed: false)
        try bench.start("one")
        try bench.run("one", "echo a >a; echo b >b")
        _ = try await first.commit(nil, releasing: false)
        try bench.run("one", "echo more >>a; rm b; echo c >c")
        try Shell.run("mv \(objects) \(objects).away; touch \(objects)")
        await #expect(throws: VolumeError.self) { _ = try await first.commit(nil, releasing: true) }
        try await first.leave()
        try Shell.run("rm \(objects); mv \(objects).away \(objects)")
        let next = try bench.holder("one", owner: 2)
        let acquired = try await next.acquire(isUsed: false)
        #expect(acquired.isRestored == false && acquired.aside == nil)
        #expect(try bench.run("one", "cat *") == "a\nmore\nc\n")
        let sent = try #require(try await next.commit(nil, releasing: false))
        #expect(sent.statistics.packs == 2)
        #expect(try Shell.run("cd \(objects)/o/shop/data; cat *") == "a\nmore\nc\n")
    }

    @Test func `what can be no object is told for as long as it is there, and stays at the end`() async throws
    {
        let bench = try Bench(), holder = try bench.holder("one", owner: 1)
        _ = try await holder.acquire(isUsed: false)
        try bench.start("one")
        try bench.run("one", "echo a >a; ln -s a link")
        for _ in 0..<2 {
            #expect(try await holder.readAhead() != nil)
            let failure = await #expect(throws: VolumeError.self) {
                _ = try await holder.commit(nil, releasing: false)
            }
            #expect(failure?.description.contains("o/shop/data/link: is a symbolic link") == true)
        }
        #expect(try await holder.commit(nil, releasing: true) == nil)
        #expect(try bench.run("one", "cat link") == "a\n")
    }
}
