// SPDX-License-Identifier: Apache-2.0
internal import Control
internal import FoundationEssentials
internal import Glibc
internal import TestKit
internal import Testing

extension Walk {
    /// Pushes a new busybox under some tags.
    fileprivate func release(_ registry: DebianRegistry, _ tags: String..., node: String) async throws {
        try await importBusybox()
        for tag in tags { _ = try await registry.push("busybox:walk", as: "team/app:\(tag)", self, node) }
        try await forgetImages("busybox:walk")
    }
}

extension WalkTests {
    private static func app(_ name: String, _ image: String, _ demand: String, _ word: String = "a") -> String
    {
        """
        name: \(name)
        services:
          one:
            image: "\(image)"
            command: [sleep, "100000"]
            init: true
            labels: { a: \(word) }
            x-martlet: { image: \(demand) }
        """
    }

    @Test(.enabled(if: DebianRegistry.isThere, "install docker-registry and skopeo"))
    func `what follows a tag or a range moves by itself, and nothing else does`() async throws {
        try await withWalk { walk in
            let registry = try DebianRegistry(walk)
            defer { registry.end() }
            let node = try registry.node(walk)
            let base = "\(registry.name)/team/app"
            try await walk.release(registry, "1.4.0", "stable", node: node)
            let arguments = ["--node", node, "--follow-milliseconds", "500"]
            var agent = try await walk.agent(arguments)
            try await walk.apply(Self.app("range", "\(base):1.4.0", "{ follow: ~1.4 }"))
            try await walk.apply(Self.app("tag", "\(base):stable", "{ follow: tag }"))
            try await walk.apply(Self.app("still", "\(base):stable", "{}"))
            try await walk.apply(Self.app("young", "\(base):1.4.0", "{ follow: ~1.4, min_age: 1ms }"))
            try await walk.apply(Self.app("hand", "\(base):1.4.0", "{ follow: ~1.4 }"))
            #expect(try await walk.martlet("stop", with: ["hand"]).code == 0)
            let first = try await walk.app("range")
            #expect(first.services.first?.follows == "~1.4" && first.services.first?.resolved == nil)
            let still = try await walk.instances().first { $0.app == "still" }

            // Newer in the range, newer beyond it, and no release at all.
            try await walk.release(registry, "1.4.1", "stable", node: node)
            let wanted = try await walk.plan(
                try walk.file(Self.app("other", "\(base):1.4.1", "{}"), "other.yaml")
            ).images.first?.digest
            try await walk.release(registry, "1.5.0", "1.4.2-rc1", "latest", node: node)
            let moved = try await walk.app("range", until: "moves") {
                $0.generation == 2 && $0.state == "converged"
            }
            let service = try #require(moved.services.first)
            #expect(service.digest == wanted && service.digest != first.services.first?.digest)
            #expect(service.image == "\(base):1.4.0" && service.resolved == "\(base):1.4.1")
            #expect(moved.source == "push" && moved.digest == first.digest)
            let text = try await walk.martlet("status")
            #expect(text.output.contains("\(base):1.4.0 follows ~1.4 to \(base):1.4.1"), "\(text)")
            let tagged = try await walk.app("tag", until: "moves") {
                $0.generation == 2 && $0.state == "converged"
            }
            #expect(tagged.services.first?.digest == wanted && tagged.services.first?.resolved == nil)

            // What a person stopped moves as well, and stays stopped.
            _ = try await walk.app("hand", until: "moves") { $0.generation == 2 && $0.state == "converged" }
            let hand = try await walk.instances().first { $0.app == "hand" }
            #expect(hand?.state == "created" && hand?.generation == 2 && hand?.pid == nil)

            // A file that changes something else leaves it where it is; so does another agent.
            try await walk.apply(Self.app("range", "\(base):1.4.0", "{ follow: ~1.4 }", "b"))
            var now = try await walk.app("range")
            #expect(now.generation == 3 && now.services.first?.digest == wanted)
            #expect(now.services.first?.resolved == "\(base):1.4.1")
            try await walk.end(agent)
            agent = try await walk.agent(arguments)
            now = try await walk.app("range")
            #expect(now.generation == 3 && now.services.first?.resolved == "\(base):1.4.1")
            // What does not follow has not moved, and has not been restarted.
            let after = try await walk.instances().first { $0.app == "still" }
            #expect(after?.pid == still?.pid && after?.digest == still?.digest && after?.generation == 1)

            // A newer one that is too young is waited for, and comes by itself once it is old enough.
            let young = try walk.file(
                Self.app("young", "\(base):1.4.0", "{ follow: ~1.4, min_age: 72h }", "c")
            )
            try #require(try await walk.martlet("apply", with: ["--wait", "--now", young]).code == 0)
            let before = try await walk.instances().first { $0.app == "young" }?.pid
            try await walk.release(registry, "1.4.3", node: node)
            let held = try await walk.app("young", until: "is held") { !$0.holds.isEmpty }
            #expect(held.holds.first?.image == "\(base):1.4.3" && held.state == "converged")
            #expect(try await walk.instances().first { $0.app == "young" }?.pid == before)
            try Shell.run(
                "sed -i -E 's/\"firstSeen\":[0-9]+/\"firstSeen\":1767225600000000000/' \(walk.folder)/state/images/trust/*"
            )
            let opened = try await walk.app("young", until: "opens") {
                $0.services.first?.resolved == "\(base):1.4.3" && $0.state == "converged"
            }
            #expect(opened.holds.isEmpty)

            // A registry that is gone changes nothing.
            registry.end()
            try await agent.wait(for: "follow: ")
            #expect(try await walk.app("range").state == "converged")
            try await walk.down("range", "tag", "still", "young", "hand")
            try await walk.end(agent)
        }
    }
}
