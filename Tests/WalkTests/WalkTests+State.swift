// SPDX-License-Identifier: Apache-2.0
internal import Control
internal import FoundationEssentials
internal import Glibc
internal import Linux
internal import TestKit
internal import Testing

extension Walk {
    /// Waits until the node is as it should be.
    @discardableResult
    fileprivate func status(_ what: String, _ holds: (NodeStatus) -> Bool) async throws -> NodeStatus {
        let deadline = ContinuousClock.now + ForegroundRun.patience
        while true {
            // It ends with 1 while a source is away, and tells all the same.
            let told = try await martlet("status", with: ["--json"]).output
            let status = try JSONDecoder().decode(NodeStatus.self, from: Data(told.utf8))
            if holds(status) { return status }
            try #require(ContinuousClock.now < deadline, "never \(what): \(status)")
            try await Task.sleep(for: .milliseconds(100))
        }
    }
}

extension WalkTests {
    /// So many lines prints each container of these tests.
    private static let lineCount = 200

    /// An app that prints lines which tell one start of a container from another.
    private static func printing(_ image: String, _ label: String) -> String {
        """
        name: busy
        services:
          writer:
            image: "\(image)"
            command: [sh, -c, "read u </proc/sys/kernel/random/uuid; for i in $$(seq \(lineCount)); do echo $$u/$$i; done; sleep 100000"]
            init: true
            stop_grace_period: 0s
            environment: { A: \(label) }

        """
    }

    @Test func `a node that is gone comes back from its store, with its generation and what no sink had`()
        async throws
    {
        try #require(DebianRegistry.isThere, "install docker-registry and skopeo")
        try await withWalk { walk in
            try await walk.importBusybox()
            let registry = try DebianRegistry(walk)
            let port = try LoopbackServer.freePort(), folder = walk.folder
            try Shell.run("mkdir -m 755 \(folder)/store \(folder)/apps")
            let node = try registry.node(
                walk,
                """
                node: { name: n\(walk.port) }
                stores: { files: { dir: \(folder)/store, use_for: [node-state] } }
                sinks: { far: { syslog: { url: "tcp://127.0.0.1:\(port)" } } }
                sources: [{ name: mine, dir: \(folder)/apps, every: 1s }]

                """
            )
            let image = try await registry.push("busybox:walk", as: "team/busybox:1", walk, node)
            _ = try await walk.agent(["--node", node])
            for (generation, label) in [(1, "one"), (2, "two")] {
                _ = try walk.file(Self.printing(image, label), "apps/busy.yaml")
                try await walk.status("at generation \(generation)") {
                    $0.apps.map(\.generation) == [generation] && $0.apps[0].state == "converged"
                }
                // It has printed all before the next one takes its place.
                let deadline = ContinuousClock.now + ForegroundRun.patience
                while try await walk.lines("busy/writer").count < generation * Self.lineCount {
                    try #require(ContinuousClock.now < deadline)
                    try await Task.sleep(for: .milliseconds(50))
                }
            }
            // The sink is down: all lines of both containers wait, and are in the store.
            let lines = UInt64(2 * Self.lineCount)
            let saved = try await walk.status("saved") {
                guard let state = $0.state, let sink = $0.sinks.first else { return false }
                return state.state == "held" && state.riskApps == 0 && state.riskLines == 0
                    && sink.lagLines >= UInt64(Self.lineCount)
            }
            #expect(saved.state?.saves ?? 0 > 0 && saved.state?.restoredAt == nil, "\(saved)")
            let shown = try await walk.martlet("status").output
            #expect(shown.contains("held in files, version"), "\(shown)")
            let metrics = try Shell.run(
                "curl -sf --unix-socket \(folder)/run/martlet.sock http://martlet/metrics | grep ^martlet_state"
            )
            #expect(
                metrics.contains("martlet_state{state=\"held\"} 1")
                    && metrics.contains("martlet_state_risk_lines 0"),
                "\(metrics)"
            )
            let sequences = try await walk.martlet("logs", with: ["busy/writer", "--json"]).output

            // All that is left is node.yaml and the store; where the desired state came from is away.
            try walk.wipe()
            try Shell.run("rm -rf \(folder)/state \(folder)/run \(folder)/apps")
            let agent = try await walk.agent(["--node", node])
            let back = try await walk.status("back") {
                $0.apps.map(\.generation) == [2] && $0.apps[0].state == "converged"
                    && $0.state?.state == "held" && $0.sources.first?.state == "failed"
            }
            #expect(back.state?.restoredAt != nil, "\(back)")
            let running = try await walk.instances()
            #expect(running.count == 1 && running[0].state == "running" && running[0].generation == 2)
            let events = try await walk.martlet("events", with: ["--no-follow", "--since", "1h"]).output
            #expect(events.contains("state of the node, as of version"), "\(events)")
            #expect(events.contains("generation 1 (sha256:"), "what happened before is remembered: \(events)")
            let history = try await walk.martlet("history", with: ["busy"])
            #expect(history.code == 0 && history.output.contains("superseded"), "\(history.output)")

            // The sink is there: every line that was saved comes, in order and once, and those of the new container.
            let receiver = try OctetReceiver(port: port)
            let deadline = ContinuousClock.now + ForegroundRun.patience
            while receiver.count < Int(lines) + Self.lineCount {
                try #require(ContinuousClock.now < deadline, "\(receiver.count) lines: \(agent.shown)")
                try await Task.sleep(for: .milliseconds(50))
            }
            var starts: [Substring: [Int]] = [:]
            for line in String(decoding: receiver.text, as: UTF8.self).split(separator: "\n") {
                let parts = line.split(separator: "/")
                starts[parts[0], default: []].append(parts.count == 2 ? Int(parts[1]) ?? 0 : 0)
            }
            #expect(starts.count == 3)
            for (start, numbers) in starts {
                #expect(numbers == Array(1...Self.lineCount), "\(start)")
            }
            // Their numbers are those that they had.
            let now = try await walk.martlet("logs", with: ["busy/writer", "--json"]).output
            for line in sequences.split(separator: "\n") { #expect(now.contains(line)) }
            try await walk.status("sent") { $0.sinks.first?.lagLines == 0 }

            // A store that is away stops nothing, and gets what changed when it is back.
            try Shell.run("mv \(folder)/store \(folder)/away")
            #expect(try await walk.martlet("stop", with: ["busy"]).code == 0)
            let failing = try await walk.status("failing") { $0.state?.state == "failing" }
            #expect(failing.state?.riskApps == 1 && failing.state?.failures ?? 0 > 0, "\(failing)")
            try Shell.run("mv \(folder)/away \(folder)/store")
            try await walk.status("saved again") { $0.state?.state == "held" && $0.state?.riskApps == 0 }
            try await walk.down("busy")
            try await walk.end(agent)
        }
    }

    @Test func `what a container says as the machine goes down is in the store, which holds nobody up`()
        async throws
    {
        try await withWalk { walk in
            try await walk.importBusybox()
            let port = try LoopbackServer.freePort(), folder = walk.folder
            try Shell.run("mkdir -m 755 \(folder)/store")
            func node(_ store: String) throws -> String {
                try walk.file(
                    """
                    format: 1
                    node: { name: n\(walk.port) }
                    stores: { files: { \(store), use_for: [node-state] } }
                    sinks: { far: { syslog: { url: "tcp://127.0.0.1:\(port)" } } }

                    """,
                    "node.yaml"
                )
            }
            let file = try node("dir: \(folder)/store")
            let agent = try await walk.agent(["--node", file])
            try await walk.apply(
                """
                name: last
                services:
                  a:
                    image: "busybox:walk"
                    command: [sh, -c, 'trap "echo farewell; exit 0" TERM; echo hello; while :; do sleep 0.05; done']

                """
            )
            try await walk.status("saved") { $0.state?.state == "held" && $0.state?.riskApps == 0 }
            try await walk.end(agent)
            let halt =
                "AWS_ACCESS_KEY_ID=a AWS_SECRET_ACCESS_KEY=b \(Walk.martlet)-agent halt --node \(file) "
                + "--state-dir \(folder)/state --runtime-dir \(folder)/run 2>&1"
            let told = try Shell.run(halt)
            #expect(!told.contains("state of the node"), "\(told)")

            // A store that takes everything and answers nothing.
            let silent = try LoopbackServer { client in
                var buffer = [UInt8](repeating: 0, count: 4_096)
                while Glibc.read(client.number, &buffer, buffer.count) > 0 {}
            }
            _ = try node("s3: { endpoint: \"http://\(silent.name)\", bucket: silent, path_style: true }")
            let unheard = try Shell.run(halt)
            #expect(unheard.contains("state of the node: its store does not answer"), "\(unheard)")

            // The machine is gone, with what no sink had.
            try walk.wipe()
            try Shell.run("rm -rf \(folder)/state \(folder)/run")
            _ = try node("dir: \(folder)/store")
            let receiver = try OctetReceiver(port: port), next = try await walk.agent(["--node", file])
            let deadline = ContinuousClock.now + ForegroundRun.patience
            while receiver.count < 2 {
                try #require(ContinuousClock.now < deadline, "\(receiver.count) lines: \(next.shown)")
                try await Task.sleep(for: .milliseconds(50))
            }
            #expect(String(decoding: receiver.text, as: UTF8.self) == "hello\nfarewell\n")
            let events = try await walk.martlet("events", with: ["--no-follow", "--since", "1h"]).output
            #expect(events.contains("state of the node, as of version"), "\(events)")
            try await walk.end(next)
        }
    }

    @Test func `a state folder that is deleted leaves what runs, and all of it is known again`() async throws
    {
        try #require(DebianRegistry.isThere, "install docker-registry and skopeo")
        try await withWalk { walk in
            try await walk.importBusybox()
            let registry = try DebianRegistry(walk)
            let node = try registry.node(walk)
            let image = try await registry.push("busybox:walk", as: "team/busybox:1", walk, node)
            var agent = try await walk.agent(["--node", node])
            for label in ["one", "two"] { try await walk.apply(Self.printing(image, label)) }
            let pids = try await walk.pids()
            #expect(pids.count == 1)
            // What was accepted and the index of images, then all that is there.
            for lost in ["agent.db images/index.json", "agent.db images", ""] {
                agent.kill()
                let paths = lost.split(separator: " ").map { "\(walk.folder)/state/\($0)" }
                try Shell.run(
                    "rm -rf \(paths.isEmpty ? "\(walk.folder)/state" : paths.joined(separator: " "))"
                )
                agent = try await walk.agent(["--node", node])
                let status = try await walk.status("known again without '\(lost)'") {
                    $0.apps.map(\.generation) == [2] && $0.apps[0].state == "converged"
                }
                #expect(try await walk.pids() == pids, "\(status)")
                let instances = try await walk.instances()
                #expect(instances.map(\.restarts) == [0] && instances[0].state == "running", "\(instances)")
            }
            try await walk.down("busy")
            try await walk.end(agent)
        }
    }
}
