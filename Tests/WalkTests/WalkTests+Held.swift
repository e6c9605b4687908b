// SPDX-License-Identifier: Apache-2.0
internal import Control
internal import FoundationEssentials
internal import TestKit
internal import Testing

extension WalkTests {
    private static func app(_ image: String, _ word: String = "a") -> String {
        """
        name: young
        services:
          one:
            image: "\(image)"
            command: [sleep, "100000"]
            init: true
            pull_policy: always
            labels: { a: \(word) }
            x-martlet: { image: { min_age: 72h } }
        """
    }

    @Test(.enabled(if: DebianRegistry.isThere, "install docker-registry and skopeo"))
    func `an image that is too young is held, and what runs stays`() async throws {
        try await withWalk { walk in
            let registry = try DebianRegistry(walk)
            defer { registry.end() }
            let node = try registry.node(walk)
            let image = try await walk.publishBusybox(registry, as: "team/app:1", node)
            var agent = try await walk.agent(["--node", node])
            let file = try walk.file(Self.app(image))
            func isHeld(_ file: String) async throws {
                let result = try await walk.martlet("apply", with: ["--wait", file])
                #expect(result.code == 1 && result.output.contains("Held until 20"), "\(result)")
                #expect(result.output.contains("this node has known it since 20"), "\(result)")
                #expect(result.output.contains("or now with --now"), "\(result)")
            }

            // Told by the plan, refused by the apply; nothing of it is pulled.
            let plan = try await walk.plan(file)
            let hold = try #require(plan.holds.first)
            #expect(plan.holds.count == 1 && hold.service == "one" && hold.image == image)
            #expect(hold.reason.contains("x-martlet.image.min_age"))
            let text = try await walk.martlet("plan", with: [file])
            #expect(text.output.contains("Held: services.one: \(image) until \(hold.opensAt)"), "\(text)")
            _ = try registry.asked()
            try await isHeld(file)
            #expect(try registry.asked().count { $0.contains("/blobs/") } == 1)
            #expect(try await walk.instances().isEmpty)
            // The age counts from the first sight, also for another agent.
            try await walk.end(agent)
            agent = try await walk.agent(["--node", node])
            #expect(try await walk.plan(file).holds.first?.opensAt == hold.opensAt)

            // Somebody says that it is old enough, and is on record for it.
            let forced = try await walk.martlet("apply", with: ["--wait", "--now", file])
            try #require(forced.code == 0, "\(forced)")
            let events = try await walk.martlet("events", with: ["--no-follow", "--since", "1h"])
            #expect(events.output.contains("counts as old enough by uid 0 pid "), "\(events)")
            // From then on it is: another generation of it is not held.
            try await walk.apply(Self.app(image, "b"))
            let pids = try await walk.pids()
            #expect(pids.count == 1)

            // Another image under the same name is too young again: the generation that runs stays.
            try await walk.importBusybox()
            _ = try await registry.push("busybox:walk", as: "team/app:1", walk, node)
            try await walk.forgetImages("busybox:walk")
            let next = try walk.file(Self.app(image, "c"), "next.yaml")
            try await isHeld(next)
            #expect(try await walk.pids() == pids)
            var status = try await walk.app("young")
            #expect(status.generation == 2 && status.state == "converged" && status.holds.count == 1)
            #expect(status.holds.first?.digest != status.services.first?.digest)
            let shown = try await walk.martlet("status")
            #expect(shown.output.contains("Held: services.one: \(image) until 20"), "\(shown)")
            #expect(try await walk.martlet("restart", with: ["young"]).code == 0)

            // Three days later.
            try Shell.run(
                "sed -i -E 's/\"firstSeen\":[0-9]+/\"firstSeen\":1767225600000000000/' \(walk.folder)/state/images/trust/*"
            )
            try await walk.apply(Self.app(image, "c"))
            status = try await walk.app("young")
            #expect(status.generation == 3 && status.holds.isEmpty)
            try await walk.down("young")
            try await walk.end(agent)
        }
    }
}
