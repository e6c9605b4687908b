// SPDX-License-Identifier: Apache-2.0
internal import Control
internal import FoundationEssentials
internal import Glibc
internal import TestKit
internal import Testing

extension WalkTests {
    @Test func `an app is an object of a store, signed, and what is wrong with it changes nothing`()
        async throws
    {
        try await withWalk { walk in
            try await walk.importBusybox()
            let folder = walk.folder
            try Shell.run(
                """
                set -e; cd \(folder); mkdir -m 755 store store/nodes new; ssh-keygen -q -t ed25519 -N '' -f key
                echo "team $(cut -d' ' -f1,2 key.pub)" >signers
                """
            )
            let node = try walk.file(
                """
                format: 1
                node: { name: seven }
                trust: { signers: { team: { ssh_allowed: \(folder)/signers } } }
                stores: { files: { dir: { path: \(folder)/store } } }
                sources:
                  - { name: central, store: { name: files, key: "nodes/{node}.yaml" }, verify: team, every: 1s, jitter: 0 }

                """,
                "node.yaml"
            )
            /// Puts the object, after its signature.
            func put(_ word: String, _ change: String = "true") throws {
                _ = try walk.file(
                    """
                    name: stored
                    services: { a: { image: "busybox:walk", command: [sleep, "100000"], init: true, stop_grace_period: 0s, environment: { A: \(word) } } }

                    """,
                    "seven.yaml"
                )
                try Shell.run(
                    """
                    set -e; cd \(folder); rm -f new/*; cp seven.yaml new; cd new
                    ssh-keygen -q -Y sign -n martlet-state -f ../key seven.yaml
                    \(change)
                    mv seven.yaml.sig ../store/nodes/ 2>/dev/null || rm -f ../store/nodes/*.sig; mv seven.yaml ../store/nodes/
                    """
                )
            }
            func status() async throws -> (code: Int32, node: NodeStatus) {
                let result = try await walk.martlet("status", with: ["--json"])
                return (
                    result.code, try JSONDecoder().decode(NodeStatus.self, from: Data(result.output.utf8))
                )
            }
            func until(_ what: String, _ holds: (NodeStatus) -> Bool) async throws {
                let deadline = ContinuousClock.now + ForegroundRun.patience
                while true {
                    let node = try await status().node
                    if holds(node) { return }
                    try #require(ContinuousClock.now < deadline, "never: \(what): \(node)")
                    try await Task.sleep(for: .milliseconds(50))
                }
            }
            func isConverged(_ node: NodeStatus, at generation: Int) -> Bool {
                node.apps.map(\.generation) == [generation] && node.apps[0].state == "converged"
                    && node.sources.map(\.state) == ["synced"]
            }
            func pid() async throws -> Int32? { try await walk.instances().first { $0.app == "stored" }?.pid }

            var agent = try await walk.agent(["--node", node])
            try await until("no object") { $0.sources[0].reason.contains("the store does not have it") }
            try put("first")
            try await until("first") { isConverged($0, at: 1) }
            #expect(try await status().code == 0)
            let shown = try await walk.martlet("status").output
            #expect(
                shown.contains("central") && shown.contains("store") && shown.contains("synced"),
                "\(shown)"
            )
            try put("second")
            try await until("second") { isConverged($0, at: 2) }
            let running = try await pid()

            for (change, state, reason) in [
                ("rm seven.yaml.sig", "refused", "files/nodes/seven.yaml: not signed"),
                ("echo 'x: y' >>seven.yaml", "refused", "of other bytes"),
                ("truncate -s 40 seven.yaml", "refused", "of other bytes"),
                (
                    "head -c 5000 /dev/urandom >seven.yaml; rm seven.yaml.sig; ssh-keygen -q -Y sign -n martlet-state -f ../key seven.yaml",
                    "refused", "seven.yaml:"
                ),
            ] {
                try put("third", change)
                try await until(change) {
                    $0.sources[0].state == state && $0.sources[0].reason.contains(reason)
                }
                #expect(try await status().code == 1)
            }
            try Shell.run("rm \(folder)/store/nodes/seven.yaml")
            try await until("gone") { $0.sources[0].state == "failed" }
            let since = try await status().node.sources[0].since
            try Shell.run("mv \(folder)/store \(folder)/away")
            try await until("no store") { $0.sources[0].reason.contains("store does not exist") }
            let told = try await walk.martlet("status")
            #expect(told.code == 1 && told.output.contains("store does not exist: make it, or mount it"))
            // Since when, it says too: since it failed first.
            #expect(try await status().node.sources[0].since == since && since.hasSuffix("Z"))
            #expect(try await pid() == running)

            // The next agent goes on with what ran, and takes what comes.
            agent.kill()
            agent = try await walk.agent(["--node", node])
            try await until("no store") { $0.sources[0].state == "failed" && $0.apps.count == 1 }
            #expect(try await pid() == running)
            try Shell.run("mv \(folder)/away \(folder)/store")
            try put("third")
            try await until("third") { isConverged($0, at: 3) }
            #expect(try await pid() != running)
            try await walk.end(agent)
            let last = try await walk.agent()
            try await walk.down("stored")
            try await walk.end(last)
        }
    }
}
