// SPDX-License-Identifier: Apache-2.0
internal import Glibc
internal import Linux
internal import Objects
internal import TestKit
internal import Testing
internal import Transfer

@testable internal import Intake

/// A source that is an object of a directory store.
@Suite(.enabled(if: geteuid() == 0, "needs root")) struct StoreTests {
    private let scratch: Scratch
    private let bench: Bench
    private let store: DirectoryStore

    init() throws {
        scratch = try Scratch()
        bench = Bench(scratch)
        store = DirectoryStore(path: "\(scratch.path)/store")
        try scratch.run("mkdir store")
    }

    private func node(_ key: String = "nodes/{node}.yaml", _ more: String = "every: 1s") -> String {
        """
        stores: {files: {dir: {path: \(store.path)}}}
        sources: [{name: mine, store: {name: files, key: "\(key)"}, \(more)}]

        """
    }

    private func put(_ text: String, at key: String = "nodes/node-7.yaml") throws {
        try store.put(Array(text.utf8), at: ObjectKey(key), in: TransferScope())
    }

    private func delete(_ key: String = "nodes/node-7.yaml") throws {
        try store.delete(ObjectKey(key), in: TransferScope())
    }

    /// Runs an intake that does not wait for the time to read.
    private func run(_ yaml: String, _ body: @escaping (Intake) async throws -> Void) async throws {
        try await bench.run(yaml) { intake in
            let waking = Task {
                while !Task.isCancelled {
                    await intake.wake("mine")
                    try? await Task.sleep(for: .milliseconds(50))
                }
            }
            defer { waking.cancel() }
            try await body(intake)
        }
    }

    @Test func `an object comes, changes, and goes on without its store`() async throws {
        try await run(node()) { intake in
            try await bench.settled(intake, .failed, "files/nodes/node-7.yaml: the store does not have it")
            try put(Bench.app("one"))
            let report = try await bench.settled(intake, .synced)
            #expect(
                report.apps == ["one"] && report.kind == "store"
                    && report.revision?.hasPrefix("sha256:") == true
            )
            try put(Bench.app("one", "changed"))
            try await bench.until("changed") { bench.deeds.count == 2 }
            // What is wrong changes nothing, and nothing that stays the same is taken again.
            try put("name: [")
            try await bench.settled(intake, .refused, "node-7.yaml:")
            try put(Bench.app("one", "changed"))
            try await bench.settled(intake, .synced)
            try delete()
            try await bench.settled(intake, .failed, "the store does not have it")
            try scratch.run("mv store away")
            try await bench.settled(intake, .failed, "store does not exist: make it, or mount it")
            try scratch.run("mkdir store; chmod go+w store; cp -r away/. store")
            try await bench.settled(intake, .refused, "others can write to")
        }
        // The next agent has nothing to go by but what the node has.
        try await run(node()) { try await bench.settled($0, .refused) }
        #expect(bench.deeds == ["apply one", "apply one"] && bench.apps == ["one"])
    }

    @Test func `what its object no longer says goes, and nothing else does`() async throws {
        try put(Bench.app("one"))
        try scratch.run("mkdir apps")
        try scratch.write(Bench.app("other"), to: "apps/other.yaml")
        let both = node().replacing(
            "sources: [",
            with: "sources: [{name: local, dir: {path: \(scratch.path)/apps}}, "
        )
        try await run(both) { intake in
            try await bench.until("both") { bench.apps == ["one", "other"] }
            try put(Bench.app("two"))
            try await bench.until("two in the place of one") { bench.apps == ["other", "two"] }
            try put(Bench.app("other", "mine"))
            try await bench.settled(intake, .refused, "is defined by local too", of: "mine")
            try await bench.settled(intake, .refused, "is defined by mine too", of: "local")
            try await bench.until("nobody's is left") { bench.apps == ["other"] }
        }
        #expect(
            !bench.deeds.contains("remove other") && bench.deeds.filter { $0 == "apply other" }.count == 1
        )
    }

    @Test func `an object that is not what it should be changes nothing`() async throws {
        try put(Bench.app("one"))
        try await run(node()) { intake in
            try await bench.settled(intake, .synced)
            for (wrong, words) in [
                (String(repeating: "#", count: (4 << 20) + 1), "is larger than 4194304 bytes"),
                ("", "is empty"),
                ("\u{0}\u{1}", "node-7.yaml:1:"),
                (Bench.app("two", claims: "audience: [node-8]"), "is for node-8"),
                (Bench.app("two", claims: "expires: 2001-01-01"), "has expired"),
                (Bench.app("two") + "volumes: {\n", "node-7.yaml:"),
            ] {
                try put(wrong)
                try await bench.until(words) { await intake.reports[0].reason.contains(words) }
            }
            // Half of it, by hand; and what is no file.
            let half = try Descriptor.open("\(store.path)/nodes/node-7.yaml", O_WRONLY | O_TRUNC)
            try half.write(Array("name: two\n".utf8))
            try await bench.settled(intake, .failed, "somebody writes to it")
            try scratch.run("cd store/nodes; rm node-7.yaml; ln -s /etc/hostname node-7.yaml")
            try await bench.settled(intake, .refused, "a symbolic link is in its way")
            _ = consume half
            try put(Bench.app("one"))
            try await bench.settled(intake, .synced)
        }
        #expect(bench.deeds == ["apply one"])
    }

    @Test func `a version that was seen does not come back from a store`() async throws {
        try await run(node()) { intake in
            try put(Bench.app("one", "b", claims: "version: 2"))
            try await bench.settled(intake, .synced)
            try put(Bench.app("one", "a", claims: "version: 1"))
            try await bench.settled(intake, .refused, "is version 1, and 2 was seen")
        }
        #expect(bench.deeds == ["apply one"])
    }

    @Test func `a signature is the object beside it`() async throws {
        for name in ["key", "stranger"] { try scratch.key(name) }
        let allowed = try scratch.allow("ops @key")
        func sign(_ text: String, _ key: String = "key") throws -> [UInt8] {
            try scratch.write(text, to: "app.yaml")
            try scratch.sign("app.yaml", key)
            return try scratch.bytes("app.yaml.sig")
        }
        func put(_ text: String, _ signature: [UInt8]?) throws {
            let place = try ObjectKey("app.yaml.sig")
            if let signature {
                try store.put(signature, at: place, in: TransferScope())
            } else {
                try store.delete(place, in: TransferScope())
            }
            try self.put(text, at: "app.yaml")
        }
        let settings =
            "trust: {signers: {team: {ssh_allowed: \(allowed)}}}\n"
            + node("app.yaml", "verify: team, every: 1s")
        let one = Bench.app("one"), two = Bench.app("one", "two")
        try put(one, try sign(one))
        try await run(settings) { intake in
            try await bench.settled(intake, .synced)
            for (signature, words) in [
                (nil, "files/app.yaml: not signed: sign it with"), (try sign(one), "of other bytes"),
                (try sign(two, "stranger"), "is not in"), (Array(two.utf8), "not a signature of SSH"),
                ([UInt8](repeating: 9, count: 70_000), "files/app.yaml.sig: is larger than 65536 bytes"),
            ] as [([UInt8]?, String)] {
                try put(two, signature)
                try await bench.settled(intake, .refused, words)
            }
            #expect(bench.deeds == ["apply one"])
            try put(two, try sign(two))
            try await bench.settled(intake, .synced)
            #expect(bench.log.last?.contains("signed by ops") == true, "\(bench.log)")
            // Who may sign changes without the object, and a new signature comes to it.
            try scratch.allow("ops @stranger")
            try await bench.settled(intake, .refused, "is not in")
            try put(two, try sign(two, "stranger"))
            try await bench.settled(intake, .synced)
        }
        #expect(bench.deeds == ["apply one", "apply one"])
    }
}
