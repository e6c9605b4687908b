// SPDX-License-Identifier: Apache-2.0
internal import Control
internal import Desired
internal import Linux
internal import Objects
internal import TestKit
internal import Testing
internal import Transfer

@testable internal import Agent
@testable internal import Volumes

/// Which files a holder goes on with, and which it leaves.
@Suite(.timeLimit(.minutes(5))) struct HeldVolumeTests {
    /// A store, and nodes that have folders of their own.
    private final class Bench: Sendable {
        let folder: RecordsFolder
        let store: MeasuredStore
        let storage: VolumeStorage

        /// No sign of life but the first comes within a test, unless it wants some.
        init(lease: Duration = .seconds(3_600), isWeak: Bool = false) throws {
            folder = try RecordsFolder()
            try Shell.run("mkdir -m 755 \(folder.path)/store")
            let files = DirectoryStore(path: "\(folder.path)/store")
            store = MeasuredStore(isWeak ? WeakStore(inner: files) : files)
            storage = VolumeStorage(store: "files", lease: lease)
        }

        /// What the files of a node go on from.
        func mark(on node: String) -> VolumeFolder.Mark? { place(node).mark(of: "files") }

        /// A node's holder of the one volume; its owner is named by a byte.
        func holder(_ node: String, owner: UInt8) throws -> HeldVolume {
            let name = VolumeName(app: "shop", name: "data")
            let owner = CommitRecord.Owner(id: Array(repeating: owner, count: 16), node: node)
            return try HeldVolume(name, storage, in: store, place(node), for: owner)
        }

        private func place(_ node: String) -> VolumeFolder {
            VolumeFolder(app: "\(folder.path)/\(node)/shop", name: "data")
        }

        /// Writes a file in a node's volume.
        func write(_ text: String, on node: String) throws {
            let data = "\(folder.path)/\(node)/shop/data/data"
            try Shell.run("mkdir -p \(data) && echo \(text) >\(data)/file")
        }

        func text(on node: String) throws -> String {
            try Shell.run("cat \(folder.path)/\(node)/shop/data/data/file")
        }

        /// Writes a file on node one, and commits it for good.
        func keep(_ text: String) async throws {
            let first = try holder("one", owner: 1)
            _ = try await first.acquire(isUsed: false)
            try write(text, on: "one")
            try #require(try await first.commit(nil, releasing: true) != nil)
        }

        /// How many pins the store has.
        func pins() throws -> Int {
            try store.list("gc/pin-", after: nil, limit: 10, in: TransferScope()).entries.count
        }

        var requests: Int { store.figures.values.reduce(0) { $0 + $1.count } }
    }

    @Test func `what was committed is on the next node, and an unchanged volume asks its store for nothing`()
        async throws
    {
        let bench = try Bench()
        let first = try bench.holder("one", owner: 1)
        #expect(try await first.acquire(isUsed: false).isRestored == false)
        try bench.write("a", on: "one")
        #expect(try await first.readAhead() == 2)
        let record = try #require(try await first.commit(nil, releasing: false))
        #expect(record.sequence == 2 && !record.flags.contains(.fuzzy))
        // The first sign of life may come late.
        while bench.store.figures["put"]?.count ?? 0 < 2 { try await Task.sleep(for: .milliseconds(5)) }
        let requests = bench.requests
        for _ in 1...3 {
            #expect(try await first.readAhead() == nil)
            #expect(try await first.commit(nil, releasing: false) == nil)
        }
        #expect(bench.requests == requests)
        try #require(try await first.commit(nil, releasing: true) != nil)

        let second = try bench.holder("two", owner: 2)
        let acquired = try await second.acquire(isUsed: false)
        #expect(acquired.isRestored && acquired.aside == nil)
        #expect(try bench.text(on: "two") == "a\n")
    }

    @Test func `after a start of the machine only files that had come to the disk are gone on with`()
        async throws
    {
        let bench = try Bench()
        try await bench.keep("a")
        let second = try bench.holder("one", owner: 2)
        #expect(try await second.acquire(isUsed: false).isRestored == false)
        try #require(try await second.commit(nil, releasing: true) != nil)
        // As a commit leaves it behind which nothing was waited for.
        try Shell.run(
            "sed -i 's/,\"isSettled\":true//; s/\"isSettled\":true,//' \(bench.folder.path)/one/shop/data/stored.json"
        )
        try bench.write("lost", on: "one")
        let acquired = try await bench.holder("one", owner: 3).acquire(isUsed: false)
        #expect(acquired.isRestored && acquired.aside != nil)
        #expect(try bench.text(on: "one") == "a\n")
    }

    @Test func `the next agent of a node keeps what was not committed`() async throws {
        let bench = try Bench()
        let first = try bench.holder("one", owner: 1)
        _ = try await first.acquire(isUsed: false)
        try bench.write("a", on: "one")
        _ = try await first.commit(nil, releasing: false)
        try bench.write("b", on: "one")
        let next = try bench.holder("one", owner: 1)
        #expect(try await next.acquire(isUsed: true).isRestored == false)
        #expect(try bench.text(on: "one") == "b\n")
        #expect(try await next.readAhead() != nil)
        // The agent before, if it lives still, has no say any more.
        await #expect(throws: VolumeError.self) { try await first.commit(nil, releasing: false) }
    }

    @Test func `files of an older version are set aside, also if their node is the last one that wrote`()
        async throws
    {
        let bench = try Bench()
        let first = try bench.holder("one", owner: 1)
        _ = try await first.acquire(isUsed: false)
        try bench.write("a", on: "one")
        _ = try await first.commit(nil, releasing: false)
        let path = bench.folder.path
        try Shell.run("cp -a \(path)/one \(path)/copy")
        try bench.write("b", on: "one")
        _ = try await first.commit(nil, releasing: true)
        try Shell.run("rm -r \(path)/one && mv \(path)/copy \(path)/one")
        // The folder is of before, and so is not the keeper's half any more.
        let acquired = try await bench.holder("one", owner: 3).acquire(isUsed: false)
        let aside = try #require(acquired.aside)
        #expect(acquired.isRestored)
        #expect(try bench.text(on: "one") == "b\n")
        #expect(try Shell.run("cat \(aside)/data/file") == "a\n")
    }

    @Test func `files that are used stay as they are where somebody else wrote the volume`() async throws {
        let bench = try Bench()
        let first = try bench.holder("one", owner: 1)
        _ = try await first.acquire(isUsed: false)
        try bench.write("a", on: "one")
        _ = try await first.commit(nil, releasing: true)
        let second = try bench.holder("two", owner: 2)
        _ = try await second.acquire(isUsed: false)
        try bench.write("b", on: "two")
        _ = try await second.commit(nil, releasing: true)
        for isReleased in [true, false] {
            if !isReleased { _ = try await bench.holder("two", owner: 2).acquire(isUsed: false) }
            do {
                _ = try await bench.holder("one", owner: 1).acquire(isUsed: true)
                Issue.record("it has the volume")
            } catch {
                #expect(error.fencing == "two writes it now")
            }
            #expect(try bench.text(on: "one") == "a\n")
        }
    }

    @Test func `what a store could not be told is committed by the next start`() async throws {
        let bench = try Bench(lease: .milliseconds(60))
        let first = try bench.holder("one", owner: 1)
        _ = try await first.acquire(isUsed: false)
        try bench.write("a", on: "one")
        _ = try await first.commit(nil, releasing: false)
        try bench.write("b", on: "one")
        first.callOff()
        try await first.leave()
        #expect(bench.mark(on: "one")?.isLeft == true && bench.mark(on: "one")?.sequence == 2)
        // Also after a start of the machine, which makes it somebody else.
        let next = try bench.holder("one", owner: 2)
        let acquired = try await next.acquire(isUsed: false)
        #expect(!acquired.isRestored && acquired.branch == nil)
        #expect(try bench.text(on: "one") == "b\n")
        #expect(bench.mark(on: "one")?.isLeft == nil)
        #expect(try await next.commit(nil, releasing: true) != nil)
        let other = try bench.holder("two", owner: 3)
        #expect(try await other.acquire(isUsed: false).isRestored)
        #expect(try bench.text(on: "two") == "b\n")
    }

    @Test func `what a store could not be told becomes a branch where somebody else went on`() async throws {
        let bench = try Bench(lease: .milliseconds(60))
        let first = try bench.holder("one", owner: 1)
        _ = try await first.acquire(isUsed: false)
        try bench.write("a", on: "one")
        _ = try await first.commit(nil, releasing: false)
        try bench.write("b", on: "one")
        try await first.leave()
        let other = try bench.holder("two", owner: 2)
        _ = try await other.acquire(isUsed: false)
        try bench.write("c", on: "two")
        _ = try await other.commit(nil, releasing: true)
        let acquired = try await bench.holder("one", owner: 1).acquire(isUsed: false)
        #expect(acquired.isRestored && acquired.aside != nil)
        #expect(acquired.branch == "shop/data@lost-1")
        #expect(try bench.text(on: "one") == "c\n")
        let log = CommitLog(try LogPlace("shop/data@lost-1"), in: bench.store)
        let record = try #require(try log.tail(in: TransferScope()))
        #expect(record.origin?.sequence == 2 && record.statistics.bytes == 2)
    }

    @Test func `a holder puts earlier files back, and nothing else stays`() async throws {
        let bench = try Bench()
        let first = try bench.holder("one", owner: 1)
        _ = try await first.acquire(isUsed: false)
        try bench.write("a", on: "one")
        let record = try #require(try await first.commit(nil, releasing: false))
        try bench.write("b", on: "one")
        _ = try await first.commit(nil, releasing: false)
        let made = try await first.goBack(to: record)
        #expect(made.sequence == 4 && made.root == record.root)
        #expect(try bench.text(on: "one") == "a\n")
        #expect(bench.mark(on: "one")?.sequence == 4)
        #expect(try Shell.run("ls -A \(bench.folder.path)/one/shop") == "data\n")
        #expect(try await first.commit(nil, releasing: false) == nil)
        // The next agent goes on with them.
        let next = try bench.holder("one", owner: 1)
        #expect(try await next.acquire(isUsed: true).isRestored == false)
        #expect(try await next.commit(nil, releasing: false) == nil)
    }

    /// Where nothing is created atomically each owner has a line; who goes on with one's own files keeps them.
    @Test func `a store without atomic creation is written in lines, and says so`() async throws {
        let bench = try Bench(lease: .milliseconds(60), isWeak: true)
        let first = try bench.holder("one", owner: 1)
        let begun = try await first.acquire(isUsed: false)
        #expect(begun.guarantee == .forkPreserving && !begun.isRestored)
        try bench.write("a", on: "one")
        #expect(try await first.commit(nil, releasing: false) != nil)
        try bench.write("b", on: "one")
        // The next agents of the node: behind a line with something, and behind one without.
        for _ in 1...2 {
            let next = try bench.holder("one", owner: 1)
            #expect(try await next.acquire(isUsed: true).isRestored == false)
            #expect(try bench.text(on: "one") == "b\n")
        }
        let last = try bench.holder("one", owner: 1)
        _ = try await last.acquire(isUsed: true)
        try #require(try await last.commit(nil, releasing: true) != nil)
        let other = try bench.holder("two", owner: 2)
        let acquired = try await other.acquire(isUsed: false)
        #expect(acquired.isRestored)
        #expect(try bench.text(on: "two") == "b\n")
        try bench.write("c", on: "two")
        try #require(try await other.commit(nil, releasing: true) != nil)
        // Files that are not those of the last line are not served again.
        await #expect(throws: VolumeError.self) {
            try await bench.holder("one", owner: 1).acquire(isUsed: true)
        }
        let back = try await bench.holder("one", owner: 1).acquire(isUsed: false)
        #expect(back.isRestored && back.aside != nil)
        #expect(try bench.text(on: "one") == "c\n")
    }

    @Test func `a volume that was on its node alone is the first version of the store`() async throws {
        let bench = try Bench()
        try bench.write("old", on: "one")
        let first = try bench.holder("one", owner: 1)
        #expect(try await first.acquire(isUsed: false).isRestored == false)
        #expect(try bench.text(on: "one") == "old\n")
        #expect(try await first.commit(nil, releasing: true)?.statistics.entries == 2)
    }

    /// Zeros, an end within a chunk, nothing, and no pack at all.
    @Test(arguments: [
        "head -c \"$(stat -c %s \"$pack\")\" /dev/zero >\"$pack.new\"; mv \"$pack.new\" \"$pack\"",
        "truncate -s 40 \"$pack\"", "truncate -s 0 \"$pack\"", "rm \"$pack\"",
    ])
    func
        `what the store lost of the last version is stored anew by who has it, and is left behind by who has not`(
            spoil: String
        ) async throws
    {
        let bench = try Bench()
        let path = bench.folder.path
        let first = try bench.holder("one", owner: 1)
        _ = try await first.acquire(isUsed: false)
        try bench.write("a", on: "one")
        let old = try #require(try await first.commit(nil, releasing: false))
        try Shell.run("cd \(path)/store && find . -path '*/p/*' -type f | sort >\(path)/packs")
        try bench.write("b", on: "one")
        try #require(try await first.commit(nil, releasing: true) != nil)
        let damage = """
            cd \(path)/store && find . -path '*/p/*' -type f | sort | comm -13 \(path)/packs - |
                while read -r pack; do \(spoil); echo; done
            """
        #expect(try !Shell.run(damage).isEmpty)

        let second = try bench.holder("two", owner: 2)
        do {
            _ = try await second.acquire(isUsed: false)
            Issue.record("a damaged version was brought")
        } catch let error as VolumeError {
            #expect(error.reason.contains("martlet volume restore shop/data --version N"), "\(error)")
        }
        let third = try bench.holder("two", owner: 2)
        let acquired = try await third.acquire(
            isUsed: false,
            on: RestoreTerms(isLazy: false, places: [], next: old)
        )
        #expect(try acquired.isRestored && bench.text(on: "two") == "a\n")
        #expect(try await third.commit(nil, releasing: true)?.root != nil)
        let fourth = try bench.holder("four", owner: 4)
        #expect(try await fourth.acquire(isUsed: false).isRestored && bench.text(on: "four") == "a\n")
        try #require(try await fourth.commit(nil, releasing: true) != nil)

        // The same for whoever has the files still.
        try Shell.run("cd \(path)/store && find . -path '*/p/*' -type f | sort >\(path)/packs")
        let fifth = try bench.holder("four", owner: 4)
        _ = try await fifth.acquire(isUsed: false)
        try bench.write("c", on: "four")
        try #require(try await fifth.commit(nil, releasing: true) != nil)
        #expect(try !Shell.run(damage).isEmpty)
        let sixth = try bench.holder("four", owner: 4)
        #expect(try await !sixth.acquire(isUsed: false).isRestored)
        try #require(try await sixth.commit(nil, releasing: true) != nil)
        let seventh = try bench.holder("five", owner: 5)
        #expect(try await seventh.acquire(isUsed: false).isRestored && bench.text(on: "five") == "c\n")
    }

    @Test func `where no ledger can be kept old versions go by their holder, and what is left is whole`()
        async throws
    {
        let bench = try Bench(lease: .milliseconds(60), isWeak: true)
        let first = try bench.holder("one", owner: 1)
        _ = try await first.acquire(isUsed: false)
        for text in ["a", "b", "c"] {
            try bench.write(text, on: "one")
            try #require(try await first.commit(nil, releasing: false) != nil)
        }
        let now = UInt64(Timestamp.now())
        #expect(try await first.sweepLines(Retention(last: 1), now: now) == LineSweep.Report())
        let report = try await first.sweepLines(Retention(last: 1), now: now + 2 * Sweeper.grace)
        #expect(report.records > 1 && report.packs > 1, "\(report)")
        try bench.write("d", on: "one")
        try #require(try await first.commit(nil, releasing: true) != nil)
        let second = try bench.holder("two", owner: 2)
        #expect(try await second.acquire(isUsed: false).isRestored && bench.text(on: "two") == "d\n")
    }

    @Test
    func `a branch is looked at as the volume is, and so is whether each record follows the one before`()
        async throws
    {
        let bench = try Bench(lease: .milliseconds(60)), name = VolumeName(app: "shop", name: "data")
        let path = bench.folder.path
        func check() throws -> VolumeCheck {
            try VolumeArchive(name, in: bench.store, called: "files").check(name)
        }
        let first = try bench.holder("one", owner: 1)
        _ = try await first.acquire(isUsed: false)
        for text in ["a", "b", "c"] {
            try bench.write(text, on: "one")
            try #require(try await first.commit(nil, releasing: false) != nil)
        }
        await first.stopBeating()
        let second = try bench.holder("two", owner: 2)
        _ = try await second.acquire(isUsed: false)
        try bench.write("left", on: "one")
        let before = try check()
        #expect(before.damaged == 0 && before.versions > 2)
        try Shell.run("cd \(path)/store && find . -path '*/p/*' -type f | sort >\(path)/packs")
        let branch = try #require(try await first.branch(isCut: true))
        let after = try check()
        #expect(after.damaged == 0 && after.versions > before.versions, "\(branch)")
        try Shell.run(
            """
            cd \(path)/store && find . -path '*/p/*' -type f | sort | comm -13 \(path)/packs - | xargs truncate -s 40
            """
        )
        #expect(try check().damaged > 0)
        // One of another log, in a place of its number.
        let log = CommitLog(try LogPlace(app: "shop", volume: "data"), in: bench.store),
            scope = TransferScope()
        let record = try log.record(3, in: scope)
        let other = CommitRecord(
            sequence: 3,
            epoch: record.epoch,
            owner: record.owner,
            parent: try ContentName(of: [1]),
            root: record.root,
            flags: record.flags,
            time: record.time,
            statistics: record.statistics,
            nonce: record.nonce
        )
        _ = try bench.store.put(try other.encoded(), at: log.place.record(3), in: scope)
        #expect(try check().damages.contains { $0.reason.contains("does not follow record 2") })
    }

    @Test func `a pause ends in time, and is told to have been too short`() async throws {
        let (told, tell) = AsyncStream<Void>.makeStream()
        let cut = FrozenGroups([], limit: .milliseconds(1)) { tell.yield() }
        try cut.begin()
        while !cut.isLate { try await Task.sleep(for: .milliseconds(1)) }
        #expect(cut.end().isWhole == false)
        for await _ in told { break }
        let other = FrozenGroups([]) {}
        try other.begin()
        #expect(other.end().isWhole)
    }

    @Test func `what is written above a version is committed, and comes anew for containers with other ids`()
        async throws
    {
        let bench = try Bench()
        try await bench.keep("a")
        let second = try bench.holder("two", owner: 2)
        let served = try await second.acquire(isUsed: false, on: RestoreTerms(isLazy: true, places: [5]))
        #expect(served.isRestored && served.served?.served == served.head.sequence)
        #expect(served.served?.place == 5 && served.obstacle == nil)
        // As overlayfs leaves it: with the ids of the host.
        let folder = "\(bench.folder.path)/two/shop/data", id = IDRange.first(of: 5)
        try Shell.run(
            """
            mkdir \(folder)/upper && chown \(id):\(id) \(folder)/upper
            echo b >\(folder)/upper/other && chown \(id + 7):\(id) \(folder)/upper/other
            """
        )
        #expect(try await second.readAhead() == 2)
        let record = try #require(try await second.commit(nil, releasing: false))
        #expect(record.statistics.entries == 3)
        try Shell.run("echo more >>\(folder)/upper/other")
        // The next agent goes on with it where the ids are the same.
        let next = try bench.holder("two", owner: 2)
        let same = try await next.acquire(isUsed: false, on: RestoreTerms(isLazy: true, places: [5]))
        #expect(!same.isRestored && same.served?.served == served.head.sequence)
        let other = try bench.holder("two", owner: 2)
        let anew = try await other.acquire(isUsed: false, on: RestoreTerms(isLazy: false, places: [6]))
        #expect(anew.isRestored && anew.served == nil && anew.obstacle == nil)
        #expect(try bench.text(on: "two") == "a\n")
        let kept = try Shell.run("cat \(folder)/data/other; stat -c %u:%g \(folder)/data/other")
        #expect(kept == "b\nmore\n7:0\n")
    }

    @Test func `a version below that nobody kept is not needed where all that was written is committed`()
        async throws
    {
        let bench = try Bench(lease: .milliseconds(60)), terms = RestoreTerms(isLazy: true, places: [5])
        try await bench.keep("a")
        let second = try bench.holder("two", owner: 2)
        let version = try #require(try await second.acquire(isUsed: false, on: terms).served?.served)
        let folder = "\(bench.folder.path)/two/shop/data", id = IDRange.first(of: 5)
        func write(_ text: String) throws {
            try Shell.run(
                "mkdir -p \(folder)/upper; echo \(text) >\(folder)/upper/other; chown -R \(id):\(id) \(folder)/upper"
            )
        }
        /// As a sweep leaves a version that was given up.
        func lose(_ version: UInt64) throws {
            let place = String(version, radix: 16)
            try Shell.run(
                "rm \(bench.folder.path)/store/v/shop/data/c/*0\(place) \(bench.folder.path)/store/gc/pin-*"
            )
        }
        try write("b")
        try #require(try await second.commit(nil, releasing: true) != nil)
        try lose(version)
        // Weeks later, and after a start of the machine.
        let third = try bench.holder("two", owner: 3)
        let again = try await third.acquire(isUsed: false, on: terms)
        #expect(again.isRestored && again.served?.served == again.head.sequence)
        #expect(again.head.statistics.entries == 3)
        // What is here alone is not thrown away for that.
        try write("c")
        try #require(try await third.commit(nil, releasing: false) != nil)
        try write("d")
        try await third.leave()
        try lose(try #require(again.served?.served))
        let fourth = try bench.holder("two", owner: 4)
        await #expect(throws: VolumeError.self) { _ = try await fourth.acquire(isUsed: false, on: terms) }
        #expect(try Shell.run("cat \(folder)/upper/other") == "d\n")
    }

    @Test func `a version below that is given up is gone on with while its pin is in force, and not after`()
        async throws
    {
        let bench = try Bench(lease: .milliseconds(60)), terms = RestoreTerms(isLazy: true, places: [5])
        try await bench.keep("a")
        let second = try bench.holder("two", owner: 2)
        _ = try await second.acquire(isUsed: false, on: terms)
        let folder = "\(bench.folder.path)/two/shop/data", id = IDRange.first(of: 5)
        try Shell.run(
            "mkdir \(folder)/upper; echo b >\(folder)/upper/other; chown -R \(id):\(id) \(folder)/upper"
        )
        try #require(try await second.commit(nil, releasing: true) != nil)
        let place = try LogPlace(app: "shop", volume: "data"), begin = UInt64(Timestamp.now())
        let log = CommitLog(place, in: bench.store)
        /// Only the last version is wanted, after so many days.
        func sweep(_ days: UInt64) throws {
            _ = try Sweeper(bench.store).sweep(
                [place: Retention()],
                now: begin + days * Sweeper.grace,
                in: TransferScope()
            )
        }
        try sweep(1)
        #expect(try log.givenUp(in: TransferScope()).isSuperset(of: [2, 3]))
        #expect(try bench.pins() == 1)
        let third = try bench.holder("two", owner: 2)
        #expect(try await third.acquire(isUsed: false, on: terms).isRestored == false)
        try #require(try await third.commit(nil, releasing: true) != nil)
        for days in 17...20 as ClosedRange<UInt64> { try sweep(days) }
        #expect(try bench.pins() == 0)
        let fourth = try bench.holder("two", owner: 2)
        let again = try await fourth.acquire(isUsed: false, on: terms)
        #expect(again.isRestored && again.served?.served == again.head.sequence)
        #expect(again.head.statistics.entries == 3)
        #expect(try bench.pins() == 1)
    }

    @Test func `files that came while they were read are all here once that is wanted`() async throws {
        let bench = try Bench()
        try await bench.keep("a")
        let second = try bench.holder("two", owner: 2)
        _ = try await second.acquire(isUsed: false, on: RestoreTerms(isLazy: true, places: [5]))
        let folder = "\(bench.folder.path)/two/shop/data", id = IDRange.first(of: 5)
        try Shell.run(
            "mkdir \(folder)/upper; echo b >\(folder)/upper/other; chown -R \(id):\(id) \(folder)/upper"
        )
        #expect(try bench.pins() == 1)
        let third = try bench.holder("two", owner: 2)
        let eager = try await third.acquire(isUsed: false, on: RestoreTerms(isLazy: false, places: [5]))
        #expect(eager.isRestored && eager.served == nil && bench.mark(on: "two")?.served == nil)
        #expect(try bench.pins() == 0)
        #expect(try bench.text(on: "two") == "a\n")
        #expect(try Shell.run("cat \(folder)/data/other; stat -c %u \(folder)/data/other") == "b\n0\n")
    }

    @Test func `files come before the start where they cannot come while they are read, and why is said`()
        async throws
    {
        let bench = try Bench()
        try await bench.keep("a")
        let terms = RestoreTerms(isLazy: true, places: [5, nil])
        let acquired = try await bench.holder("two", owner: 2).acquire(isUsed: false, on: terms)
        #expect(acquired.isRestored && acquired.served == nil)
        #expect(acquired.obstacle == "its containers have other ids each: make them anew")
        #expect(try bench.text(on: "two") == "a\n")
    }
}

extension HeldVolume {
    /// As most apps have it.
    func acquire(isUsed: Bool) throws -> Acquired {
        try acquire(isUsed: isUsed, on: RestoreTerms(isLazy: false, places: []))
    }
}
