// SPDX-License-Identifier: Apache-2.0
internal import Control
internal import FoundationEssentials
internal import TestKit
internal import Testing

extension Walk {
    /// `martlet plan --json` of a file that is good.
    func plan(_ file: String) async throws -> PlanReply {
        let result = try await martlet("plan", with: ["--json", file])
        try #require(result.code == 0, "\(result.output)")
        return try JSONDecoder().decode(PlanReply.self, from: Data(result.output.utf8))
    }

    /// Waits until what `martlet status` tells of an app meets a condition.
    func app(
        _ name: String,
        until what: String,
        _ condition: (AppStatus) -> Bool
    ) async throws -> AppStatus {
        let deadline = ContinuousClock.now + ForegroundRun.patience
        while true {
            let status = try await app(name)
            if condition(status) { return status }
            try #require(ContinuousClock.now < deadline, "\(what): \(status)")
            try await Task.sleep(for: .milliseconds(100))
        }
    }

    /// `martlet status --json` of one app.
    func app(_ name: String) async throws -> AppStatus {
        let result = try await martlet("status", with: ["--json"])
        let status = try JSONDecoder().decode(NodeStatus.self, from: Data(result.output.utf8))
        return try #require(status.apps.first { $0.name == name })
    }

    /// Pushes busybox as the only thing that the registry has of a name, and forgets it here.
    func publishBusybox(_ registry: DebianRegistry, as name: String, _ node: String) async throws -> String {
        try await importBusybox()
        let image = try await registry.push("busybox:walk", as: name, self, node)
        try await forgetImages("busybox:walk")
        return image
    }

    func forgetImages(_ names: String...) async throws {
        for name in names {
            let removed = try await martlet("image", "rm", with: [name])
            try #require(removed.code == 0, "\(removed.output)")
        }
    }
}

extension WalkTests {
    private static func app(_ image: String, _ word: String = "a", policy: String = "missing") -> String {
        """
        name: planned
        services:
          one: { image: "\(image)", command: [sleep, "100000"], init: true, pull_policy: \(policy), labels: { a: \(word) } }
        """
    }

    @Test(.enabled(if: DebianRegistry.isThere, "install docker-registry and skopeo"))
    func `a plan asks a registry what a name means, and an apply brings the layers`() async throws {
        try await withWalk { walk in
            let registry = try DebianRegistry(walk)
            defer { registry.end() }
            let node = try registry.node(walk)
            let image = try await walk.publishBusybox(registry, as: "team/app:1", node)
            let agent = try await walk.agent(["--node", node])
            let file = try walk.file(Self.app(image))
            _ = try registry.asked()

            // Manifest and configuration, and nothing of them is kept.
            let plan = try await walk.plan(file)
            let asked = try registry.asked()
            #expect(asked.count { $0 == "team/app/manifests/1" } == 1)
            #expect(asked.count { $0.contains("/blobs/") } == 1, "\(asked)")
            let state = "\(walk.folder)/state/images"
            #expect(
                try Shell.run("ls \(state)/content/sha256 \(state)/layers")
                    == "\(state)/content/sha256:\n\n\(state)/layers:\n"
            )
            let wanted = try #require(plan.images.first)
            #expect(plan.images.count == 1 && wanted.service == "one" && wanted.image == image)
            #expect(wanted.digest.hasPrefix("sha256:") && wanted.missing > 100_000 && plan.holds.isEmpty)
            #expect(plan.steps.map(\.action).contains("start planned/one/1"))
            let text = try await walk.martlet("plan", with: [file])
            #expect(text.output.contains("pull \(image) (\(wanted.digest)), "), "\(text)")
            #expect(text.output.contains("before anything stops"))
            // An apply that is refused after it asked pulls nothing either.
            let stale = try await walk.martlet("apply", with: ["--plan", "0123456789abcdef", file])
            #expect(stale.code == 1 && stale.output.contains("make a new plan"), "\(stale)")
            #expect(try registry.asked().count { $0.contains("/blobs/") } == 2)

            // The apply does what was planned: the name is resolved once, each blob moves once.
            let applied = try await walk.martlet("apply", with: ["--wait", "--plan", plan.id, file])
            #expect(applied.code == 0, "\(applied)")
            let fetched = try registry.asked()
            #expect(fetched.count { $0 == "team/app/manifests/1" } == 1, "\(fetched)")
            #expect(Set(fetched.filter { $0.contains("/blobs/") }).count == 2, "\(fetched)")
            #expect(fetched.count { $0.contains("/blobs/") } == 2, "\(fetched)")
            #expect(try await walk.app("planned").services.first?.digest == wanted.digest)
            let first = try #require(try await walk.instances().first)
            // The same again, and a restart, ask nobody.
            let again = try await walk.plan(file)
            #expect(again.steps.isEmpty && again.images.first?.missing == 0)
            try await walk.apply(Self.app(image))
            _ = try await walk.martlet("restart", with: ["planned"])
            #expect(try registry.asked() == [])

            // The name moves: a plan made before is not carried out, what runs stays.
            let next = try walk.file(Self.app(image, "b", policy: "always"), "next.yaml")
            let before = try await walk.plan(next)
            try await walk.importBusybox()
            _ = try await registry.push("busybox:walk", as: "team/app:1", walk, node)
            try await walk.forgetImages("busybox:walk")
            let moved = try await walk.martlet("apply", with: ["--plan", before.id, next])
            #expect(moved.code == 1 && moved.output.contains("what an image's name means"), "\(moved)")
            let after = try await walk.plan(next)
            #expect(after.id != before.id && after.images.first?.digest != wanted.digest)

            // Its layer is not to be had: that is found out before anything is stopped.
            let pid = try await walk.instances().first?.pid
            try Shell.run("find \(walk.folder)/registry -path '*/blobs/sha256/*/data' -size +100k -delete")
            let failed = try await walk.martlet("apply", with: ["--wait", next])
            #expect(failed.code == 1 && failed.output.contains("cannot be pulled"), "\(failed)")
            #expect(try await walk.instances().map(\.pid) == [pid])
            #expect(try await walk.app("planned").generation == 1)
            #expect(first.generation == 1)
            try await walk.down("planned")
            try await walk.end(agent)
        }
    }
}
