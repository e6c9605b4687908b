// SPDX-License-Identifier: Apache-2.0
internal import Control
internal import Glibc
internal import Linux
internal import TestKit
internal import Testing

extension WalkTests {
    @Test func `an image that is not here is pulled, and one that cannot be leaves all as it is`()
        async throws
    {
        try #require(DebianRegistry.isThere, "install docker-registry and skopeo")
        try await withWalk { walk in
            try await walk.importBusybox()
            let registry = try DebianRegistry(walk)
            let name = registry.name
            let node = try walk.file(
                "format: 1\nregistries:\n  - { prefix: \"\(name)\", insecure: http }\n",
                "node.yaml"
            )
            let image = "\(name)/team/busybox:1"
            let pushed = try await walk.martlet(
                "image",
                "push",
                with: ["--node", node, "busybox:walk", image]
            )
            try #require(pushed.code == 0 && pushed.output.contains(image), "\(pushed.output)")
            try #require(try await walk.martlet("image", "rm", with: ["busybox:walk"]).code == 0)
            #expect(try await walk.martlet("image", "ls", with: ["--json"]).output == "[]\n")

            let agent = try await walk.agent(["--node", node])
            func app(_ policy: String, _ word: String) -> String {
                """
                name: fetched
                services:
                  one: { image: "\(image)", command: [sleep, "100000"], init: true, pull_policy: \(policy), labels: { a: \(word) } }
                """
            }
            let refused = try await walk.martlet("apply", with: ["--wait", try walk.file(app("never", "a"))])
            #expect(refused.code == 1 && refused.output.contains("is not here"), "\(refused.output)")
            try await walk.apply(app("missing", "b"))
            let first = try #require(try await walk.instances().first)
            #expect(first.state == "running")
            #expect(agent.shown.contains("\(image) is sha256:"), "\(agent.shown)")

            // The registry is gone: who must ask it is refused, and what runs goes on.
            registry.end()
            let failed = try await walk.martlet("apply", with: ["--wait", try walk.file(app("always", "c"))])
            #expect(failed.code == 1 && failed.output.contains("cannot be pulled"), "\(failed.output)")
            #expect(try await walk.instances().first?.pid == first.pid)
            // Asked less than a day ago: the store is enough.
            try await walk.apply(app("daily", "d"))
            #expect(try await walk.instances().first?.state == "running")
            try await walk.down("fetched")
            try await walk.end(agent)
        }
    }

    @Test func `a pull that is killed at any moment leaves nothing wrong, and the next one goes on`()
        async throws
    {
        try #require(DebianRegistry.isThere, "install docker-registry and skopeo")
        try await withWalk { walk in
            try await walk.importBusybox()
            let registry = try DebianRegistry(walk)
            let name = registry.name
            let node = try walk.file(
                "format: 1\nregistries:\n  - { prefix: \"\(name)\", insecure: http }\n",
                "node.yaml"
            )
            let image = "\(name)/team/busybox:1"
            let pushed = try await walk.martlet(
                "image",
                "push",
                with: ["--node", node, "busybox:walk", image]
            )
            try #require(pushed.code == 0, "\(pushed.output)")
            let listed = try await walk.martlet("image", "ls", with: ["--json"]).output
            let store = "\(walk.folder)/state/images"
            let before = try Shell.run("cd \(store) && find content -type f | sort | xargs sha256sum")
            try #require(try await walk.martlet("image", "rm", with: ["busybox:walk"]).code == 0)
            var random = SeededGenerator(seed: 50)
            for _ in 0..<50 {
                let pull = try walk.start(["image", "pull"], ["--node", node, image])
                try await Task.sleep(for: .milliseconds(Int.random(in: 0..<150, using: &random)))
                pull.kill()
                _ = try? await pull.exit()
                // Whatever has a name is whole, at every moment.
                try Shell.run(
                    "cd \(store)/content/sha256 2>/dev/null || exit 0; for f in *; do [ ! -e $f ] || echo \"$f  $f\" | sha256sum --check --quiet || exit 1; done"
                )
            }
            let last = try await walk.martlet("image", "pull", with: ["--node", node, image])
            #expect(last.code == 0, "\(last.output)")
            #expect(try Shell.run("cd \(store) && find content -type f | sort | xargs sha256sum") == before)
            #expect(try Shell.run("find \(store) -name '.tmp-*'") == "")
            let now = try await walk.martlet("image", "ls", with: ["--json"]).output
            #expect(now == listed.replacing("docker.io/library/busybox:walk", with: image))
        }
    }
}
