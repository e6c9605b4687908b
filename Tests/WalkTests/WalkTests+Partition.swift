// SPDX-License-Identifier: Apache-2.0
internal import Control
internal import FoundationEssentials
internal import Glibc
internal import Linux
internal import TestKit
internal import Testing

extension WalkTests {
    /// What was cut off for longer than all pauses are is what it is after hours; `MARTLET_SOAK` makes it ten minutes.
    @Test func `a node that is cut off goes on as it is, says since when, and is soon up to date again`()
        async throws
    {
        try await withWalk { walk in
            try await walk.importBusybox()
            let folder = walk.folder
            try Shell.run(
                """
                set -e; cd \(folder); mkdir -m 755 far new; ssh-keygen -q -t ed25519 -N '' -f key
                echo "team $(cut -d' ' -f1,2 key.pub)" >signers
                """
            )
            let server = try WebServer { asked in
                guard !asked.path.contains(".."),
                    let file = try? Descriptor.open("\(folder)/far\(asked.path)", O_RDONLY),
                    let bytes = try? file.readAll(limit: 1 << 20)
                else { return Answer(status: 404) }
                return Answer(body: bytes)
            }
            let node = try walk.file(
                """
                format: 1
                trust: { signers: { team: { ssh_allowed: \(folder)/signers } } }
                sources:
                  - { name: far, http: { url: "http://\(server.name)/app.yaml" }, verify: team, every: 1s, jitter: 0 }

                """,
                "node.yaml"
            )
            func put(_ word: String) throws {
                _ = try walk.file(
                    """
                    name: cut
                    services:
                      a: { image: "busybox:walk", command: [sleep, "100000"], init: true, stop_grace_period: 0s, environment: { A: \(word) } }
                      b: { image: "busybox:walk", command: [sleep, "100000"], init: true, stop_grace_period: 0s }

                    """,
                    "app.yaml"
                )
                try Shell.run(
                    """
                    set -e; cd \(folder); rm -f new/*; cp app.yaml new; cd new
                    ssh-keygen -q -Y sign -n martlet-state -f ../key app.yaml; mv app.yaml.sig app.yaml ../far/
                    """
                )
            }
            func status() async throws -> NodeStatus {
                let result = try await walk.martlet("status", with: ["--json"])
                return try JSONDecoder().decode(NodeStatus.self, from: Data(result.output.utf8))
            }
            func until(_ what: String, _ holds: (NodeStatus) -> Bool) async throws {
                let deadline = ContinuousClock.now + ForegroundRun.patience
                while true {
                    let node = try await status()
                    if holds(node) { return }
                    try #require(ContinuousClock.now < deadline, "never: \(what): \(node)")
                    try await Task.sleep(for: .milliseconds(50))
                }
            }
            func isConverged(_ node: NodeStatus, at generation: Int) -> Bool {
                node.apps.map(\.generation) == [generation] && node.apps[0].state == "converged"
                    && node.sources.map(\.state) == ["synced"]
            }
            try put("first")
            let agent = try await walk.agent(["--node", node])
            try await until("first") { isConverged($0, at: 1) }
            let pids = try await walk.pids()
            #expect(pids.count == 2)

            let table = "inet walk_cut_\(walk.port)"
            defer { _ = try? Shell.run("nft delete table \(table) 2>/dev/null || true") }
            try Shell.run(
                """
                nft add table \(table)
                nft add chain \(table) in '{ type filter hook input priority 0; }'
                nft add rule \(table) in tcp dport \(server.server.port) drop
                """
            )
            try await until("cut off") { $0.sources[0].state == "failed" }
            let since = try await status().sources[0].since
            try put("second")
            try await Task.sleep(for: .seconds(getenv("MARTLET_SOAK") == nil ? 20 : 600))
            let cut = try await status()
            #expect(cut.sources[0].state == "failed" && cut.sources[0].since == since, "\(cut)")
            #expect(cut.apps.map(\.generation) == [1] && cut.apps[0].state == "converged")
            let shown = try await walk.martlet("status")
            #expect(shown.code == 1 && shown.output.contains("failed"), "\(shown)")
            #expect(try await walk.pids() == pids)

            try Shell.run("nft delete table \(table)")
            let healed = ContinuousClock.now
            try await until("second") { isConverged($0, at: 2) }
            print(
                "cut off from its source: up to date \(ContinuousClock.now - healed) after the network was back"
            )
            // Nothing but what the new generation changes was touched.
            let after = try await walk.pids()
            #expect(after.count == 2 && after.filter { pids[$0.key] == $0.value }.count == 1, "\(after)")
            #expect(try await walk.instances().allSatisfy { $0.restarts == 0 })
            try await walk.end(agent)
            let last = try await walk.agent()
            try await walk.down("cut")
            try await walk.end(last)
        }
    }
}
