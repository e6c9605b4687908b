// SPDX-License-Identifier: Apache-2.0
internal import Glibc
internal import Linux
internal import Logs
internal import Objects
internal import TestKit
internal import Testing
internal import Transfer

@testable internal import Agent
@testable internal import Volumes

/// A node's own state in a store, and the machines that are that node.
@Suite(.timeLimit(.minutes(5))) struct StateLogTests {
    final class Bench: Sendable {
        let folder: RecordsFolder
        let store: MeasuredStore
        /// No sign of life but the first comes within a test.
        static let silent = LeaseTiming(
            heartbeat: .seconds(3_600),
            patience: .seconds(3_600),
            settle: .milliseconds(20)
        )
        static let hasty = LeaseTiming(
            heartbeat: .milliseconds(20),
            patience: .milliseconds(60),
            settle: .milliseconds(20)
        )

        init(isWeak: Bool = false, _ other: (any ObjectStore)? = nil) throws {
            folder = try RecordsFolder()
            try Shell.run("mkdir -m 755 \(folder.path)/store")
            let directory = DirectoryStore(path: "\(folder.path)/store")
            store = MeasuredStore(other ?? (isWeak ? WeakStore(inner: directory) : directory))
        }

        func machine(_ number: UInt8, _ timing: LeaseTiming = Bench.silent) throws -> StateLog {
            let owner = CommitRecord.Owner(id: Array(repeating: number, count: 16), node: "seven")
            return try StateLog(node: "seven", in: store, kept(number), for: owner, timing: timing)
        }

        func kept(_ number: UInt8) -> StateFolder { StateFolder(path: "\(folder.path)/\(number)/kept") }

        var requests: Int { store.figures.values.reduce(0) { $0 + $1.count } }

        /// An app with a history, and a log of three lines that a sink has not.
        func content() throws -> StateContent {
            var ledger = Ledger(kept: 5)
            for number in 1...3 { try ledger.accept(.sample("shop", number)) }
            let log = "\(folder.path)/logs/shop/web/1/shop-web-1-7"
            try Shell.run("mkdir -p \(folder.path)/logs/shop/web/1 && rm -rf \(log)")
            let spool = try Spool(log)
            try Array("one\ntwo\nthree\n".utf8).withUnsafeBytes {
                _ = try spool.append($0, from: .stdout, time: 1, with: BlockEncoder(capacity: 4_096))
            }
            var content = StateContent(apps: ledger.saved, restarts: ["shop/web/1": 4])
            for segment in try SpoolFiles(log).segments {
                content.files["logs/shop/web/1/shop-web-1-7/\(segment.name)"] = "\(log)/\(segment.name)"
            }
            return content
        }
    }

    @Test func `what was saved is on the next machine, and what did not change asks the store for nothing`()
        async throws
    {
        let bench = try Bench()
        let first = try bench.machine(1)
        #expect(try await first.acquire().root == nil)
        #expect(try await first.restore(into: "\(bench.folder.path)/none") == false)
        var content = try bench.content()
        let apps = try #require(content.apps)
        #expect(try await first.save(content)?.sequence == 2)
        // The first sign of life may come late.
        while bench.store.figures["put"]?.count ?? 0 < 2 { try await Task.sleep(for: .milliseconds(5)) }
        let requests = bench.requests
        content.apps = nil
        for _ in 1...3 { #expect(try await first.save(content) == nil) }
        #expect(bench.requests == requests)
        try #require(try await first.save(content, releasing: true) != nil)

        let second = try bench.machine(2)
        _ = try await second.acquire()
        let place = "\(bench.folder.path)/back"
        #expect(try await second.restore(into: place))
        let found = try StateFolder(path: place).read()
        #expect(found.apps == apps && found.restarts == ["shop/web/1": 4] && found.damaged.isEmpty)
        #expect(found.apps.first?.generations.map(\.number) == [1, 2, 3])
        var reader = try LogReader("\(place)/logs/shop/web/1/shop-web-1-7", LogQuery())
        var lines: [String] = []
        while let event = try reader.next() {
            if case .line(let line) = event { lines.append(String(decoding: line.bytes, as: UTF8.self)) }
        }
        #expect(lines == ["one", "two", "three"])

        // What is known stays as it is, and all else is taken with its history.
        let records = try await bench.folder.open()
        try await records.reach(.sample("blog", 7))
        #expect(try await records.adopt(found.apps) == ["shop"])
        #expect(try await records.adopt(found.apps) == [])
        #expect(await records.nextNumber(app: "shop") == 4)
        #expect(await records.history(app: "shop").map(\.number) == [3, 2, 1])
        #expect(await records.apps["blog"]?.generation.number == 7)
        let again = try await bench.folder.open()
        #expect(await again.history(app: "shop").map(\.number) == [3, 2, 1])
    }

    @Test func `a machine of the same name waits as long as the other one lives`() async throws {
        let bench = try Bench()
        let living = try bench.machine(1, Bench.hasty)
        _ = try await living.acquire()
        let other = try bench.machine(
            2,
            LeaseTiming(heartbeat: .milliseconds(100), patience: .seconds(60))
        )
        do {
            _ = try await other.acquire()
            Issue.record("both have it")
        } catch {
            #expect(error.fencing != nil, "\(error)")
        }
        #expect(try await living.save(bench.content()) != nil)
    }

    @Test func `a machine that was silent is overtaken, and finds that out when it asks or saves`()
        async throws
    {
        let bench = try Bench()
        let silent = try bench.machine(1)
        _ = try await silent.acquire()
        // The first sign of life may come late.
        while bench.store.figures["put"]?.count ?? 0 < 1 { try await Task.sleep(for: .milliseconds(5)) }
        try await silent.verify(hasStalled: true)
        let next = try bench.machine(2, Bench.hasty)
        _ = try await next.acquire()
        #expect(try await next.save(bench.content()) != nil)
        let content = try bench.content()
        let attempts: [@Sendable () async throws -> Void] = [
            { try await silent.verify(hasStalled: true) }, { _ = try await silent.save(content) },
        ]
        for attempt in attempts {
            do {
                try await attempt()
                Issue.record("it was overtaken, and does not know")
            } catch {
                #expect(error.fencing != nil, "\(error)")
            }
        }
    }

    @Test func `what is saved is what is wanted, and goes when it is not wanted any more`() throws {
        let bench = try Bench()
        let kept = bench.kept(1)
        var content = try bench.content()
        try kept.fill(content)
        let files = "cd \(kept.path) && find . -type f | sort"
        #expect(
            try Shell.run(files)
                == "./apps/shop.json\n./logs/shop/web/1/shop-web-1-7/0000000000000001.mlog\n./restarts.json\n"
        )
        // A log is there by a further name, and nothing is copied.
        #expect(
            try Shell.run("cd \(kept.path) && find . -type f -links 2")
                == "./logs/shop/web/1/shop-web-1-7/0000000000000001.mlog\n"
        )
        // A file that went meanwhile is left out, and what was left by a crash goes.
        content.files = ["logs/shop/web/1/gone/1.mlog": "/nowhere/1.mlog"]
        content.apps = nil
        try Shell.run("touch \(kept.path)/.restarts.json.new \(kept.path)/apps/.x.new")
        try kept.fill(content)
        #expect(
            try Shell.run("cd \(kept.path) && find . -mindepth 1 | sort")
                == "./apps\n./apps/shop.json\n./restarts.json\n"
        )
        content.apps = []
        try kept.fill(content)
        #expect(try Shell.run("cd \(kept.path) && find . -mindepth 1") == "./restarts.json\n")
    }

    @Test func `what is damaged is left out, and named`() throws {
        let bench = try Bench()
        let kept = bench.kept(1)
        try kept.fill(bench.content())
        try Shell.run(
            "cd \(kept.path) && cp apps/shop.json apps/blog.json && echo '{}' >apps/x.json && sed -i s/4/5/ restarts.json"
        )
        let found = try kept.read()
        #expect(found.apps.map(\.app) == ["shop"] && found.restarts.isEmpty)
        #expect(found.damaged == ["apps/blog.json", "apps/x.json", "restarts.json"])
    }

    @Test(arguments: ["ln -s /etc logs", "mkfifo apps", "mknod null c 1 3", "truncate -s 2G big"])
    func `what a store gives is refused if it is not what a node saves`(_ change: String) async throws {
        let bench = try Bench()
        let scope = TransferScope()
        let forger = CommitRecord.Owner(id: Array(repeating: 66, count: 16), node: "seven")
        let log = CommitLog(try LogPlace(node: "seven"), in: bench.store, timing: Bench.hasty)
        let volume = try StoredVolume(log, for: forger, time: 1, in: scope)
        try Shell.run("mkdir \(bench.folder.path)/forged && cd \(bench.folder.path)/forged && \(change)")
        let root = try Descriptor.open("\(bench.folder.path)/forged", O_DIRECTORY | O_RDONLY)
        _ = try volume.commit(root, isCut: true, releasing: true, time: 2, in: scope)
        let machine = try bench.machine(1)
        _ = try await machine.acquire()
        await #expect(throws: VolumeError.self) {
            try await machine.restore(into: "\(bench.folder.path)/back")
        }
        #expect(try Shell.run("ls -A \(bench.folder.path)/back") == "")
    }
}
