// SPDX-License-Identifier: Apache-2.0
internal import Control
internal import FoundationEssentials
internal import Glibc
internal import Linux
internal import TestKit
internal import Testing

extension WalkTests {
    private func status(_ walk: Walk) async throws -> (code: Int32, node: NodeStatus) {
        let result = try await walk.martlet("status", with: ["--json"])
        return (result.code, try JSONDecoder().decode(NodeStatus.self, from: Data(result.output.utf8)))
    }

    /// Waits until the node is as a condition says.
    private func wait(_ walk: Walk, _ what: String, _ holds: (NodeStatus) -> Bool) async throws {
        let deadline = ContinuousClock.now + ForegroundRun.patience
        while true {
            let node = try await status(walk).node
            if holds(node) { return }
            try #require(ContinuousClock.now < deadline, "never: \(what): \(node)")
            try await Task.sleep(for: .milliseconds(50))
        }
    }

    @Test func `apps of a directory come, change and go by themselves, and outlive the agent`() async throws {
        try await withWalk { walk in
            try await walk.importBusybox()
            let apps = "\(walk.folder)/apps.d"
            try Shell.run("mkdir \(apps)")
            let node = try walk.file(
                "format: 1\nsources: [{name: local, dir: {path: \(apps)}, every: 1s}]\n",
                "node.yaml"
            )
            func put(
                _ name: String,
                _ word: String,
                _ claims: String = "format: 1",
                in file: String? = nil
            ) throws {
                let text = """
                    name: \(name)
                    x-martlet: {\(claims)}
                    services:
                      one: { image: "busybox:walk", command: [sleep, "100000"], init: true, environment: { A: \(word) }, volumes: ["data:/data"] }
                    volumes: { data: {} }
                    """
                let path = try walk.file(text, "new.yaml")
                try check("rename", path, rename(path, "\(apps)/\(file ?? name).yaml"))
            }
            let going = "goes, signed by team"
            func pids() async throws -> [String: Int32?] {
                try await walk.instances().reduce(into: [:]) { $0[$1.app] = $1.pid }
            }
            try put("stays", "a")
            try put("goes", "a", in: going)
            var agent = try await walk.agent(["--node", node])
            try await wait(walk, "both run") { node in
                node.apps.map(\.state) == ["converged", "converged"]
                    && node.sources.map(\.state) == ["synced"]
            }
            let (code, first) = try await status(walk)
            #expect(code == 0 && first.apps.map(\.source) == ["local", "local"])
            #expect(first.sources[0].apps == ["goes", "stays"] && first.sources[0].kind == "dir")
            let shown = try await walk.martlet("status").output
            #expect(shown.contains("local  dir   synced"), "\(shown)")
            let before = try await pids()

            // Nobody else says what they are.
            let push = try await walk.martlet("apply", with: ["\(apps)/stays.yaml"])
            #expect(push.code == 1 && push.output.contains("source local says what it is: change it there"))
            let down = try await walk.martlet("down", with: ["stays"])
            #expect(down.code == 1 && down.output.contains("take it out there"), "\(down.output)")

            // The next agent reads the same, and has nothing to do; meanwhile nothing stopped.
            agent.kill()
            agent = try await walk.agent(["--node", node])
            try await wait(walk, "synced again") { $0.sources.map(\.state) == ["synced"] }
            #expect(try await pids() == before)
            #expect(try await status(walk).node.apps.map(\.generation) == [1, 1])

            // What is wrong changes nothing, and `status` says so.
            try Shell.run("echo 'name: [' >\(apps)/wrong.yaml; rm '\(apps)/\(going).yaml'")
            try await wait(walk, "refused") { $0.sources[0].state == "refused" }
            #expect(try await status(walk).code == 1)
            #expect(try await pids() == before)
            let events = try await walk.martlet("events", with: ["--json", "--no-follow", "--since", "1h"])
                .output
            #expect(events.contains(#""kind":"refused""#) && events.contains("wrong.yaml:"), "\(events)")

            // Then one goes, its volume stays, and the other changes.
            try Shell.run("rm \(apps)/wrong.yaml")
            try put("stays", "b", "version: 2, expires: 2099-01-01")
            try await wait(walk, "one has gone, the other changed") { node in
                node.apps.map(\.name) == ["stays"] && node.apps[0].generation == 2
                    && node.apps[0].state == "converged"
            }
            #expect(access("\(walk.folder)/state/volumes/goes/data", F_OK) == 0)
            #expect(try await pids().keys.sorted() == ["stays"])
            let deeds = try await walk.martlet("audit", with: ["--json"]).output.split(separator: "\n")
                .map { try JSONDecoder().decode(AuditRecord.self, from: Data($0.utf8)) }
            let arrival = deeds.first { $0.subject == "goes" }
            #expect(arrival?.caller == #"source local: goes\, signed by team.yaml"#, "\(deeds)")
            let removals = deeds.filter { $0.action == "remove" }
            #expect(removals.map(\.caller) == ["source local"] && removals.map(\.subject) == ["goes"])

            // A version of before is a replay; an expired desired state goes on, and tells.
            try put("stays", "a", "version: 1")
            try await wait(walk, "a replay") { $0.sources[0].reason.contains("is version 1, and 2 was seen") }
            try put("stays", "b", "version: 3, expires: 2001-01-01")
            try await wait(walk, "expired") { $0.sources[0].state == "expired" }
            #expect(try await status(walk).code == 1)
            #expect(try await status(walk).node.apps.map(\.generation) == [2])

            // Without its source it is an app like any other.
            try await walk.end(agent)
            agent = try await walk.agent()
            #expect(try await status(walk).code == 0)
            try await walk.down("stays")
            try await walk.end(agent)
        }
    }

    @Test func `what is pushed says how new it is, until when it holds and for whom`() async throws {
        try await withWalk { walk in
            try await walk.importBusybox()
            let node = try walk.file("format: 1\nnode: {name: seven, labels: {role: web}}\n", "node.yaml")
            var agent = try await walk.agent(["--node", node])
            func push(_ claims: String) async throws -> (code: Int32, output: String) {
                let app = """
                    name: one
                    x-martlet: {\(claims)}
                    services: { one: { image: "busybox:walk", command: [sleep, "100000"], init: true } }
                    """
                return try await walk.martlet("apply", with: ["--wait", try walk.file(app)])
            }
            #expect(try await push("version: 2, audience: [eight, role=web], expires: 2099-01-01").code == 0)
            for (claims, words) in [
                ("version: 1", "is version 1, and 2 is here: change x-martlet.version"),
                ("format: 1", "is version 0, and 2 is here"),
                ("version: 3, expires: 2001-01-01", "has expired"),
                ("version: 3, audience: role=db", "is for role=db, and this is node seven"),
                ("version: 0", "is not a whole number"), ("version: 3, expires: 2001-02-30", "is not a time"),
                ("version: 3, audience: []", "is empty"), ("version: 3, audience: [a b]", "is not a node"),
            ] {
                let refused = try await push(claims)
                #expect(refused.code == 2 && refused.output.contains(words), "\(claims): \(refused.output)")
            }
            #expect(try await push("version: 3").code == 0)
            #expect(try await walk.instances().map(\.generation) == [1])
            // What was seen counts when the app has gone, and for an agent that comes after.
            try await walk.down("one")
            agent.kill()
            agent = try await walk.agent(["--node", node])
            let old = try await push("version: 2")
            #expect(old.code == 2 && old.output.contains("is version 2, and 3 was seen"), "\(old.output)")
            #expect(try await push("version: 3").code == 0)
            try await walk.down("one")
            try await walk.end(agent)
        }
    }

    @Test func `a push to a repository of the node makes its apps the node's`() async throws {
        try await withWalk { walk in
            try await walk.importBusybox()
            let agent = try await walk.agent()
            let hook = try Shell.run("realpath Config/examples/push/post-receive").filter { !$0.isNewline }
            let martlet = try Shell.run("realpath \(Walk.martlet)").filter { !$0.isNewline }
            func push(_ command: String) throws -> String {
                try Shell.run(
                    """
                    set -e; export GIT_CONFIG_GLOBAL=/dev/null MARTLET=\(martlet) MARTLET_RUNTIME_DIR=\(walk.folder)/run; cd \(walk.folder)
                    [ -d node.git ] || { git init -q --bare node.git; git init -q -b main work; mkdir work/apps; }
                    cp \(hook) node.git/hooks/
                    cd work; printf 'name: pushed\\nservices: {one: {image: "busybox:walk", init: true, command: %s}}\\n' '\(command)' >apps/pushed.yaml
                    git add -A; git -c user.name=a -c user.email=a@b commit -q -m a; git push ../node.git main
                    """
                )
            }
            let first = try push(#"[sleep, "100000"]"#)
            #expect(first.contains("remote: "), "\(first)")
            let instance = try #require(try await walk.instances().first)
            #expect(instance.app == "pushed" && instance.state == "running")
            let second = try push("[broken")
            #expect(second.contains("pushed.yaml:"), "\(second)")
            #expect(try await walk.instances().first?.pid == instance.pid)
            try await walk.down("pushed")
            try await walk.end(agent)
        }
    }
}
