// SPDX-License-Identifier: Apache-2.0
internal import Control
internal import FoundationEssentials
internal import TestKit
internal import Testing

extension WalkTests {
    /// A line of `martlet image pull --json`.
    private struct PullLine: Decodable {
        let kind: String
        let digest: String?
        let done: Int64
        let total: Int64
    }

    /// One JSON value a line.
    private static func lines<Value: Decodable>(_ text: String, of type: Value.Type = Value.self) throws
        -> [Value]
    {
        try text.split(separator: "\n").map { try JSONDecoder().decode(Value.self, from: Data($0.utf8)) }
    }

    @Test(.enabled(if: DebianRegistry.isThere, "install docker-registry and skopeo"))
    func `a pull tells how far it is, to programs and on a terminal, and not too often`() async throws {
        try await withWalk { walk in
            let registry = try DebianRegistry(walk)
            defer { registry.end() }
            let node = try registry.node(walk)
            // Its one layer has 64 MiB that no gzip makes smaller: as many reports, were they not held back.
            try await walk.importBusybox(extra: "head -c 67108864 /dev/urandom >layer/ballast")
            let image = try await registry.push("busybox:walk", as: "team/big:1", walk, node)
            try await walk.forgetImages("busybox:walk")

            let start = ContinuousClock.now
            let pulled = try await walk.martlet("image", "pull", with: ["--node", node, "--json", image])
            let seconds = (ContinuousClock.now - start) / .seconds(1)
            try #require(pulled.code == 0, "\(pulled)")
            let lines: [PullLine] = try Self.lines(pulled.output)
            #expect(lines.first?.kind == "resolved" && lines.last?.kind == "done")
            let moving = lines.filter { $0.kind == "transferring" }
            #expect(
                !moving.isEmpty && Double(moving.count) <= 1 + seconds * 4,
                "\(moving.count) in \(seconds) s"
            )
            #expect(zip(moving, moving.dropFirst()).allSatisfy { $0.done <= $1.done })
            let whole = lines.filter { $0.kind == "verified" }
            #expect(whole.count == 1 && whole.allSatisfy { $0.done == $0.total && $0.done > 64 << 20 })

            // On a terminal: a bar that is redrawn and taken away.
            try await walk.forgetImages(image)
            let verb =
                "\(Walk.martlet) image pull --state-dir \(walk.folder)/state --runtime-dir \(walk.folder)/run --node \(node) \(image)"
            let seen = try Shell.run("script -qec '\(verb)' /dev/null </dev/null")
            let digits = try #require(whole.first?.digest).dropFirst(7).prefix(12)
            #expect(seen.contains("\(digits) [##############################] 66"), "\(seen)")
            #expect(seen.contains(" verified\r\n") && seen.contains("\u{1b}[1A\r\u{1b}[J"))
            #expect(seen.hasSuffix("\u{1b}[J\(image) \(try #require(lines.last?.digest))\r\n"), "\(seen)")

            // The same of an apply, and to whoever listens to events; what is remembered are not the bytes.
            try await walk.forgetImages(image)
            let agent = try await walk.agent(["--node", node])
            let text =
                "name: big\nservices: { one: { image: \"\(image)\", command: [sleep, \"1000\"], init: true } }\n"
            // Something to be heard, so that the listener is known to listen.
            let absent = try walk.file(text.replacing("team/big:1", with: "team/none:1"))
            #expect(try await walk.martlet("plan", with: [absent]).code == 1)
            let listener = try walk.start(["events"], ["--json", "--since", "1h"])
            try await listener.wait(for: "\"kind\":\"failed\"")
            let file = try walk.file(text)
            let applied = try await walk.martlet("apply", with: ["--wait", "--json", file])
            try #require(applied.code == 0, "\(applied)")
            let progress: [ApplyProgress] = try Self.lines(applied.output)
            #expect(progress.first?.kind == .pulling && progress.first?.pull == nil)
            let pulls = progress.compactMap(\.pull)
            #expect(pulls.last?.state == "verified" && pulls.last?.image == image)
            #expect(pulls.allSatisfy { $0.layer == whole.first?.digest && $0.done <= $0.total })
            #expect(progress.firstIndex { $0.kind == .accepted } == pulls.count + 1)
            #expect(progress.last?.kind == .converged)
            try await listener.wait(for: "\"kind\":\"converged\"")
            let told: [EventRecord] = try Self.lines(try listener.output())
            #expect(told.compactMap(\.pull) == pulls)
            listener.kill()
            _ = try? await listener.exit()
            let kept = try await walk.martlet("events", with: ["--no-follow", "--json", "--since", "1h"])
            let remembered: [EventRecord] = try Self.lines(kept.output)
            #expect(remembered.contains { $0.kind == "pulled" } && remembered.allSatisfy { $0.pull == nil })
            #expect(!agent.shown.contains("transferring"))
            try await walk.down("big")
            try await walk.end(agent)
        }
    }
}
