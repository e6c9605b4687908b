// SPDX-License-Identifier: Apache-2.0
internal import Desired
internal import Glibc
internal import Synchronization
internal import TestKit
internal import Testing

@testable internal import Intake

/// Secrets of desired states that come by themselves: what is encrypted travels, and no path leads out.
@Suite(.enabled(if: geteuid() == 0, "needs root")) struct SecretTests {
    private static let age = "age-encryption.org/v1\nnot ours to read\n"

    private func app(_ file: String) -> String {
        """
        name: one
        services: { web: { image: "b:1", secrets: [s] } }
        secrets: { s: { file: "\(file)" } }
        """
    }

    @Test func `an encrypted secret comes with its commit`() async throws {
        let scratch = try Scratch.repository()
        let bench = Bench(scratch)
        try scratch.push(["one.yaml": app("keys/db.age"), "keys-are": "below"], script: "mkdir apps/keys")
        let node =
            "sources: [{name: repo, git: {url: 'file://\(scratch.path)/nodes.git', path: apps/}, every: 1s}]\n"
        try await bench.run(node) { intake in
            try await bench.settled(intake, .refused, "'keys/db.age' leads nowhere")
            try scratch.push(["keys/db.age": Self.age])
            try await bench.settled(intake, .synced)
            #expect(bench.deeds == ["apply one"])
            try scratch.push(["keys/db.age": Self.age + "changed"])
            try await bench.until("the other") { bench.deeds.count == 2 }
            try scratch.push(["keys/db.age": "plain"])
            try await bench.settled(intake, .refused, "is not an age file")
            try scratch.push(["one.yaml": app("keys/plain")])
            try await bench.settled(intake, .refused, "encrypt a secret as NAME.age")
        }
        #expect(!bench.log.contains { $0.contains("not ours to read") })
    }

    @Test func `no path of a secret leads out of a repository`() async throws {
        let scratch = try Scratch.repository()
        let bench = Bench(scratch)
        try scratch.write(Self.age, to: "outside.age")
        let links =
            "ln -sfn \(scratch.path) apps/out; ln -sfn ../../outside.age apps/link.age; ln -sfn /etc apps/etc"
        let node =
            "sources: [{name: repo, git: {url: 'file://\(scratch.path)/nodes.git', path: apps/}, every: 1s}]\n"
        let hostile = [
            "out/outside.age", "link.age", "etc/passwd.age", "a/b//../../link.age", "./out/../link.age",
        ]
        for path in hostile {
            try scratch.push(["one.yaml": app(path)], script: links)
            try await bench.run(node) { try await bench.settled($0, .refused, "leads nowhere") }
        }
        #expect(bench.deeds.isEmpty)
    }

    @Test func `no path of a secret leads out of a directory`() async throws {
        let scratch = try Scratch()
        let bench = Bench(scratch)
        try scratch.run(
            "mkdir apps out; cd apps; mkdir keys; ln -s ../out out; ln -s ../out/x.age link.age; ln -s /etc/passwd etc.age"
        )
        try scratch.write(Self.age, to: "out/x.age")
        try scratch.write(Self.age, to: "apps/keys/db.age")
        let node = "sources: [{name: local, dir: \(scratch.path)/apps, every: 1s}]\n"
        try scratch.write(app("keys/db.age"), to: "apps/one.yaml")
        try await bench.run(node) { try await bench.settled($0, .synced) }
        let deeds = bench.deeds
        // A link that leads out is never read as the ciphertext of somebody else.
        for path in ["out/x.age", "link.age", "etc.age", "keys/../link.age"] {
            try scratch.write(app(path), to: "apps/one.yaml")
            try await bench.run(node) { intake in
                try await bench.settled(intake, .synced)
                let source = bench.state.withLock { $0.taken["one"]?.secrets.first?.source }
                let isOnNode = if case .file = source { true } else { false }
                #expect(isOnNode, "\(path): \(String(describing: source))")
            }
        }
        #expect(bench.deeds.count == deeds.count + 4)
    }
}
