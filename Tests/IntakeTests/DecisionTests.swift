// SPDX-License-Identifier: Apache-2.0
internal import Desired
internal import Glibc
internal import Synchronization
internal import Testing

@testable internal import Intake

/// What follows from several sources together, and from what desired states say of themselves.
@Suite(.enabled(if: geteuid() == 0, "needs root")) struct DecisionTests {
    private func two(_ scratch: Scratch, _ more: String = "") -> String {
        """
        node: {labels: {role: web}}
        sources:
          - {name: first, dir: \(scratch.path)/a, every: 1s}
          - {name: second, dir: \(scratch.path)/b, every: 1s\(more)}

        """
    }

    @Test func `an app of two sources is neither's, and what goes waits for all that are needed`()
        async throws
    {
        let scratch = try Scratch()
        let bench = Bench(scratch)
        try scratch.run("mkdir a b")
        try scratch.write(Bench.app("one"), to: "a/one.yaml")
        try scratch.write(Bench.app("both", "a"), to: "a/both.yaml")
        try scratch.write(Bench.app("both", "b"), to: "b/both.yaml")
        try await bench.run(two(scratch)) { intake in
            try await bench.settled(intake, .refused, "app both: is defined by second too", of: "first")
            try await bench.settled(intake, .refused, "app both: is defined by first too", of: "second")
            #expect(bench.deeds == ["apply one"])
            try scratch.run("rm b/both.yaml")
            try await bench.settled(intake, .synced, of: "first")
            #expect(bench.deeds == ["apply one", "apply both"])
            // It moves from one to the other: nothing is taken down between.
            try scratch.run("mv a/both.yaml b/")
            try await bench.until("moved") {
                bench.state.withLock { $0.holdings["both"]?.source } == "second"
            }
            #expect(!bench.deeds.contains("remove both"), "\(bench.log)")
            // One that fails keeps the other from pruning.
            try scratch.run("mv b gone; cp a/one.yaml a/keep.yaml; sed -i s/one/keep/ a/keep.yaml")
            try await bench.settled(intake, .failed, of: "second")
            try scratch.run("rm a/one.yaml")
            try await bench.until("keep") { bench.apps.contains("keep") }
            try await Task.sleep(for: .seconds(1.5))
            #expect(bench.apps == ["both", "keep", "one"])
            try scratch.run("mv gone b")
            try await bench.until("one goes") { bench.apps == ["both", "keep"] }
        }
        // Optional ones do not.
        try scratch.run("rm -r b; mv a/keep.yaml a/other.yaml; sed -i s/keep/other/ a/other.yaml")
        try await bench.run(two(scratch, ", optional: true")) { intake in
            try await bench.until("keep goes") { bench.apps == ["both", "other"] }
            try await bench.settled(intake, .failed, of: "second")
        }
        // What a source that is not there any more had stays.
        let alone = "sources: [{name: first, dir: \(scratch.path)/a}]\n"
        try await bench.run(alone) { try await bench.settled($0, .synced) }
        #expect(bench.apps == ["both", "other"])
    }

    @Test func `the version of an app that two say binds neither`() async throws {
        let scratch = try Scratch()
        let bench = Bench(scratch)
        try scratch.run("mkdir a b")
        try scratch.write(Bench.app("one", claims: "version: 5"), to: "a/one.yaml")
        try await bench.run(two(scratch)) { intake in
            try await bench.settled(intake, .synced, of: "first")
            try scratch.write(Bench.app("one", claims: "version: 999"), to: "b/one.yaml")
            try await bench.settled(intake, .refused, "is defined by second too", of: "first")
            try scratch.run("rm b/one.yaml")
            try await bench.settled(intake, .synced, of: "first")
            #expect(bench.deeds == ["apply one"])
        }
    }

    @Test func `what was pushed is nobody else's, unless it is the same`() async throws {
        let scratch = try Scratch()
        let bench = Bench(scratch)
        try scratch.run("mkdir a")
        try scratch.write(Bench.app("mine"), to: "a/mine.yaml")
        bench.state.withLock {
            $0.holdings["mine"] = Holding(source: "push", digest: "sha256:1", claims: Claims())
            $0.holdings["other"] = Holding(source: "push", digest: "sha256:2", claims: Claims())
        }
        let node = "sources: [{name: a, dir: \(scratch.path)/a, every: 1s}]\n"
        try await bench.run(node) { intake in
            try await bench.settled(intake, .refused, "app mine: was pushed as something else")
            #expect(bench.deeds.isEmpty)
            let app = try App.decode(yaml: Bench.app("mine"), file: "", directory: "/", environment: [:])
            bench.state.withLock { $0.holdings["mine"]?.digest = app.digest }
            try await bench.settled(intake, .synced)
            #expect(bench.deeds == ["apply mine"])
            #expect(bench.apps == ["mine", "other"])
        }
    }

    @Test func `what a node does not take is tried again, and nothing goes for it`() async throws {
        let scratch = try Scratch()
        let bench = Bench(scratch)
        try scratch.run("mkdir a")
        try scratch.write(Bench.app("old"), to: "a/old.yaml")
        try await bench.run("sources: [{name: a, dir: \(scratch.path)/a, every: 1s}]\n") { intake in
            try await bench.settled(intake, .synced)
            bench.state.withLock { $0.refuses["new"] = "services.one.image: cannot be pulled" }
            try scratch.run("rm a/old.yaml")
            try scratch.write(Bench.app("new"), to: "a/new.yaml")
            try await bench.settled(intake, .refused, "app new: services.one.image: cannot be pulled")
            #expect(bench.apps == ["old"])
            bench.state.withLock { $0.refuses = [:] }
            try await bench.settled(intake, .synced)
            #expect(bench.deeds == ["apply old", "remove old", "apply new"])
            // A node that went back to what it had before is not made to try again.
            bench.state.withLock { $0.holdings["new"]?.digest = "sha256:before" }
            try await Task.sleep(for: .seconds(2.5))
            #expect(bench.deeds.count == 3)
        }
        try await bench.run("sources: [{name: a, dir: \(scratch.path)/a, every: 1s}]\n") { intake in
            try await bench.settled(intake, .synced)
            #expect(bench.deeds.count == 3)
            try scratch.write(Bench.app("new", "better"), to: "a/new.yaml")
            try await bench.until("better") { bench.deeds.count == 4 }
        }
    }

    @Test func `a lower version is a replay, also for the next agent`() async throws {
        let scratch = try Scratch()
        let bench = Bench(scratch)
        try scratch.run("mkdir a")
        let node = "sources: [{name: a, dir: \(scratch.path)/a, every: 1s}]\n"
        func put(_ command: String, _ claims: String) throws {
            try scratch.write(Bench.app("one", command, claims: claims), to: "a/one.yaml")
        }
        try put("a", "version: 5")
        try await bench.run(node) { try await bench.settled($0, .synced) }
        try put("b", "version: 4")
        try await bench.run(node) { intake in
            try await bench.settled(intake, .refused, "app one is version 4, and 5 was seen")
            try put("b", "format: 1")
            try await bench.settled(intake, .refused, "has no version, and 5 was seen")
            try put("b", "version: 5")
            try await bench.settled(intake, .refused, "is another version 5 than the one that was seen")
            try put("a", "version: 5")
            try await bench.settled(intake, .synced)
            #expect(bench.deeds == ["apply one"])
        }
        // Either memory is enough, the node's and our own; a damaged one is told.
        try put("b", "version: 4")
        try scratch.run("sed -i s/5/4/ sources.json")
        try await bench.run(node) { intake in
            try await bench.settled(intake, .refused, "app one is version 4, and 5 was seen")
            #expect(bench.log.contains { $0.contains("sources.json: is damaged") }, "\(bench.log)")
        }
        try put("a", "version: 5")
        try await bench.run(node) { try await bench.settled($0, .synced) }
        bench.state.withLock { $0.holdings = [:] }
        try put("b", "version: 4")
        try await bench.run(node) { intake in
            try await bench.settled(intake, .refused, "5 was seen")
            try put("b", "version: 6")
            try await bench.settled(intake, .synced)
        }
        #expect(bench.deeds == ["apply one", "apply one"])
    }

    @Test func `a key of pushes that was seen to be over stays so for the next agent`() async throws {
        let scratch = try Scratch()
        let bench = Bench(scratch)
        try scratch.write("name: pushed\n", to: "state")
        try scratch.key("key", "-t ed25519")
        try scratch.allow("ops valid-before=\"20270101Z\" @key")
        try scratch.sign("state", "key")
        func signer(at second: Int64) async throws -> String? {
            bench.state.withLock { $0.now = second }
            var signer: String?
            try await bench.run("") { intake in
                signer = try? await intake.signer(
                    of: scratch.bytes("state"),
                    by: scratch.bytes("state.sig"),
                    signers: "\(scratch.path)/allowed",
                    subject: "state"
                )
            }
            return signer
        }
        #expect(try await signer(at: 1_790_000_000) == "ops")
        #expect(try await signer(at: 1_800_000_000) == nil)
        #expect(try await signer(at: 1_790_000_000) == nil)
    }

    @Test func `what expires goes on, and a clock that goes back does not help it`() async throws {
        let scratch = try Scratch()
        let bench = Bench(scratch)
        try scratch.run("mkdir a")
        let node = "sources: [{name: a, dir: \(scratch.path)/a, every: 1s}]\n"
        try scratch.write(Bench.app("one", claims: "expires: 2027-02-01T00:00:00Z"), to: "a/one.yaml")
        let end: Int64 = 1_801_440_000
        try await bench.run(node) { intake in
            try await bench.settled(intake, .synced)
            bench.state.withLock { $0.now = end - 1 }
            try await Task.sleep(for: .seconds(1.5))
            try await bench.settled(intake, .synced)
            bench.state.withLock { $0.now = end }
            let report = try await bench.settled(intake, .expired, "app one has expired")
            #expect(report.apps == ["one"] && report.since == end)
            bench.state.withLock { $0.now = end - 365 * 86_400 }
            try await Task.sleep(for: .seconds(1.5))
            try await bench.settled(intake, .expired)
        }
        try await bench.run(node) { intake in
            try await bench.settled(intake, .expired)
            #expect(bench.apps == ["one"] && bench.deeds == ["apply one"])
            // What is new may be late, too.
            try scratch.write(Bench.app("two", claims: "expires: 2026-01-01"), to: "a/two.yaml")
            try await bench.until("two") { await intake.reports[0].reason.contains("app") }
            #expect(bench.apps == ["one"])
            try scratch.run("rm a/two.yaml")
            try scratch.write(Bench.app("one", claims: "expires: 2028-01-01"), to: "a/one.yaml")
            try await bench.settled(intake, .synced)
            #expect(bench.deeds == ["apply one", "apply one"])
        }
    }

    @Test(arguments: [
        ("node-7", true), ("role=web", true), ("[other, node-7]", true), ("[role=db, role=web]", true),
        ("node-8", false), ("role=db", false), ("[zone=eu-1]", false),
    ])
    func `what is for other nodes is refused`(_ audience: String, _ isTaken: Bool) async throws {
        let scratch = try Scratch()
        let bench = Bench(scratch)
        try scratch.run("mkdir a b")
        try scratch.write(Bench.app("one", claims: "audience: \(audience)"), to: "a/one.yaml")
        try await bench.run(two(scratch)) { intake in
            if isTaken {
                try await bench.settled(intake, .synced, of: "first")
            } else {
                try await bench.settled(intake, .refused, "and this is node node-7", of: "first")
            }
        }
        #expect(bench.apps == (isTaken ? ["one"] : []))
    }

    @Test func `pauses grow with failures, by chance, and stay below their bound`() {
        var source = NodeSource(name: "a", origin: .http(.init(url: "https://x.example/a")))
        source.every = .seconds(30)
        source.jitter = .seconds(20)
        #expect(PollPause.after(failures: 0, of: source, asked: nil, random: 0) == .seconds(30))
        #expect(PollPause.after(failures: 0, of: source, asked: nil, random: 0.5) == .seconds(40))
        #expect(PollPause.after(failures: 1, of: source, asked: nil, random: 0.5) == .seconds(15))
        #expect(PollPause.after(failures: 3, of: source, asked: nil, random: 0.5) == .seconds(15))
        #expect(PollPause.after(failures: 300, of: source, asked: nil, random: 1) == .seconds(30))
        #expect(PollPause.after(failures: 3, of: source, asked: nil, random: 0) == .seconds(1))
        #expect(PollPause.after(failures: 1, of: source, asked: .seconds(120), random: 0.5) == .seconds(120))
        #expect(
            PollPause.after(failures: 1, of: source, asked: .seconds(9_999), random: 0.5) == .seconds(900)
        )
        source.every = .seconds(1)
        #expect(PollPause.after(failures: 3, of: source, asked: nil, random: 0.5) == .seconds(2))
        #expect(PollPause.after(failures: 300, of: source, asked: nil, random: 1) == .seconds(10))
        source.every = .seconds(30)
        source.origin = .directory("/a")
        #expect(PollPause.after(failures: 9, of: source, asked: nil, random: 0.5) == .seconds(30))
    }

    @Test func `a second that has come stays so when the clock goes back, for the next agent, too`()
        async throws
    {
        let bench = Bench(try Scratch())
        let end: Int64 = 1_801_440_000
        func expect(_ intake: Intake, _ hasPassed: Bool) async throws {
            #expect(try await intake.hasPassed(end) == hasPassed)
            #expect(try await intake.hasPassed(end + 1) == false)
        }
        try await bench.run("") { intake in
            try await expect(intake, false)
            bench.state.withLock { $0.now = end }
            try await expect(intake, true)
            bench.state.withLock { $0.now = end - 86_400 }
            try await expect(intake, true)
        }
        try await bench.run("") { try await expect($0, true) }
    }
}
