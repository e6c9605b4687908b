// SPDX-License-Identifier: Apache-2.0
internal import Glibc
internal import Linux
internal import TestKit
internal import Testing

/// A word that is planted as every kind of secret, and then looked for everywhere.
private struct Canary {
    let word = "CANARY-" + (0..<4).map { _ in String(UInt32.random(in: 0 ... .max), radix: 16) }.joined()
    /// Where the sources are: memory that is none of the agent's.
    let place: String
    static let kinds = ["file", "env", "credential", "command", "age", "inline"]

    init(_ walk: Walk) throws {
        place = "/dev/shm/martlet-\(walk.owner)"
        try Shell.run("mkdir -m 700 \(place) \(place)/cred")
        try write("file", "file")
        try write("credential", "cred/db")
        try write("command", "command.out")
        try Shell.run(
            """
            set -e; cd \(place); printf '#!/bin/sh\\necho noise >&2\\nexec cat "$(dirname "$0")/command.out"\\n' >command; chmod 700 command
            age-keygen -o cred/age 2>age.out; sed -n 's/^Public key: //p' age.out >age.pub
            """
        )
        try encrypt("age", "age.txt")
        try encrypt("inline", "inline.age", "--armor")
    }

    func content(_ kind: String) -> String { "\(word)-\(kind)" }

    func write(_ kind: String, _ name: String) throws {
        let file = try Descriptor.open("\(place)/\(name)", O_CREAT | O_TRUNC | O_WRONLY, mode: 0o600)
        try file.write(Array(content(kind).utf8))
    }

    func encrypt(_ kind: String, _ name: String, _ form: String = "") throws {
        try write(kind, "plain")
        try Shell.run("cd \(place) && age \(form) -r $(cat age.pub) -o \(name) plain; rm -f plain")
    }

    /// What a container prints of each secret: the digest of what it found.
    func lines() throws -> Set<String> {
        try Set(
            Self.kinds.map { kind in
                try write(kind, "plain")
                let sum = try Shell.run("cd \(place) && sha256sum <plain | cut -c1-64; rm plain")
                return "\(kind) \(sum.filter { !$0.isNewline })"
            }
        )
    }

    func end() { _ = try? Shell.run("rm -rf \(place)") }

    var node: String {
        """
        format: 1
        secrets:
          age_identity: cred:age
          environment: [MARTLET_TEST_CANARY]
          commands: { vault: { command: [\(place)/command, now], timeout: 60s }, broken: [/bin/sh, "-c", "cat \(place)/file; exit 3"] }
        """
    }

    var secrets: String {
        """
        secrets:
          file: { file: \(place)/file }
          env: { environment: MARTLET_TEST_CANARY }
          credential: { x-martlet: { credential: db } }
          command: { external: true, x-martlet: { command: vault } }
          age: { file: \(place)/age.txt }
          inline: { file: \(place)/inline.age }
        """
    }
}

extension WalkTests {
    @Test func `a secret is in the container and nowhere else`() async throws {
        try await withWalk { walk in
            try await walk.importBusybox()
            let canary = try Canary(walk)
            defer { canary.end() }
            let node = try walk.file(canary.node, "node.yaml")
            func agent(_ variable: String = "LEVEL=debug") async throws -> ForegroundRun {
                let run = try walk.start(
                    ["agent"],
                    ["--node", node],
                    under: [
                        "/bin/sh", "-c", "ulimit -Sn 256; ulimit -c unlimited; exec \"$@\"", "sh", "env",
                        "CREDENTIALS_DIRECTORY=\(canary.place)/cred",
                        "MARTLET_TEST_CANARY=\(canary.content("env"))", variable,
                    ]
                )
                try await run.wait(for: "the agent serves")
                return run
            }
            var running = try await agent()
            func text(_ more: String = "", _ others: String = "") -> String {
                """
                name: nest
                services:
                  bird:
                    image: busybox:walk
                    init: true
                    command: [sh, -c, "cd /run/secrets; show() { for s in *; do echo $$s $$(sha256sum <$$s | cut -c1-64); done; }; show; trap show HUP; while :; do sleep 0.1; done"]
                    secrets: [\(Canary.kinds.joined(separator: ", "))]
                    x-martlet: { on_change: { file: "signal:HUP" } }
                \(more)
                \(canary.secrets)
                \(others)
                """
            }
            func shown(_ wanted: Set<String>) async throws {
                let deadline = ContinuousClock.now + ForegroundRun.patience
                while true {
                    let lines = try await walk.lines("nest/bird")
                    if wanted.isSubset(of: lines.suffix(6).map(String.init)) { return }
                    try #require(ContinuousClock.now < deadline, "\(lines)")
                    try await Task.sleep(for: .milliseconds(50))
                }
            }
            try await walk.apply(text())
            try await shown(canary.lines())
            let first = try await walk.pids()

            // Everything that tells something, and everything that fails.
            try await walk.apply(text())
            let file = try walk.file(text())
            for verb in ["status", "ps", "events"] {
                let more = verb == "events" ? ["--since", "1h", "--no-follow"] : []
                _ = try await walk.martlet(verb, with: ["--json"] + more)
            }
            _ = try await walk.martlet("plan", with: [file])
            _ = try await walk.martlet("history", with: ["nest"])
            let run = try await walk.martlet(
                "exec",
                with: ["nest/bird", "--", "sha256sum", "/run/secrets/file"]
            )
            #expect(run.code == 0, "\(run.output)")
            let none = try await walk.martlet("exec", with: ["nest/bird", "--", "no-such-program"])
            #expect(none.code != 0)
            for path in [
                "apps", "apps/nest", "apps/nest/config", "apps/nest/generations", "instances", "status",
                "stats", "version",
            ] {
                try Shell.run(
                    "curl -s --max-time 5 --unix-socket \(walk.folder)/run/martlet.sock http://m/v1/\(path) >>\(walk.folder)/answers || true"
                )
            }
            let environment = try Shell.run("tr '\\0' '\\n' </proc/\(running.pid)/environ")
            #expect(environment.contains("SWIFT_BACKTRACE=registers=none"), "a crash report shows memory")
            kill(running.pid, SIGKILL)
            _ = try await running.exit()
            // A report of the crash below would take its time.
            running = try await agent("SWIFT_BACKTRACE=enable=no")
            #expect(try await walk.pids() == first)
            let failing = text(
                """
                  stone:
                    image: busybox:walk
                    command: [sh, -c, "test -s /run/secrets/file && exit 7"]
                    secrets: [file]
                """
            )
            let failed = try await walk.martlet("apply", with: ["--wait", try walk.file(failing)])
            #expect(failed.code == 1, "\(failed.output)")
            let refusals = [
                ("broken", "{ x-martlet: { command: broken } }", "command broken ended with 3"),
                (
                    "unknown", "{ x-martlet: { command: other } }",
                    "is not under 'secrets.commands' of node.yaml"
                ),
                ("variable", "{ environment: HOME }", "is not under 'secrets.environment' of node.yaml"),
                ("damaged", "{ file: \(canary.place)/damaged }", "is a damaged age file"),
                ("missing", "{ x-martlet: { credential: none } }", "does not exist"),
            ]
            try Shell.run("cd \(canary.place); head -c -1 age.txt >damaged")
            for (name, source, why) in refusals {
                let bad = text("    environment: [\"A=\(name)\"]", "  \(name): \(source)").replacing(
                    "secrets: [file,",
                    with: "secrets: [\(name), file,"
                )
                let refused = try await walk.martlet("apply", with: ["--wait", try walk.file(bad)])
                #expect(refused.code != 0 && refused.output.contains(why), "\(name): \(refused.output)")
            }
            #expect(try await walk.pids() == first)

            // It rotates in place, and an encrypted one by a new container.
            let rotated = canary.content("file") + "-2"
            try Descriptor.open("\(canary.place)/file", O_TRUNC | O_WRONLY).write(Array(rotated.utf8))
            let plan = try await walk.martlet("plan", with: [try walk.file(text())])
            #expect(plan.output.contains("secrets.file.content changed"), "\(plan.output)")
            try await walk.apply(text())
            let inside = try await walk.martlet(
                "exec",
                with: ["nest/bird", "--", "sha256sum", "/run/secrets/file"]
            )
            let wanted = try Shell.run("sha256sum <\(canary.place)/file")
            #expect(inside.output.prefix(64) == wanted.prefix(64))
            #expect(try await walk.pids() == first)
            let mounts = try Shell.run("grep -h ' /run/secrets/' /proc/\(first.values.first ?? 0)/mountinfo")
            #expect(mounts.split(separator: "\n").count == 6 && mounts.contains("tmpfs"))
            #expect(mounts.split(separator: "\n").allSatisfy { $0.contains(" ro,") })

            // The agent falls with a core limit that would let it leave one.
            let shown = try await walk.martlet("logs", with: ["nest"])
            #expect(shown.code == 0)
            let own = try Shell.run("grep -lsaF \(walk.folder)/ /proc/[0-9]*/cmdline | xargs -r -n1 dirname")
            for process in own.split(separator: "\n")
            where try Shell.run("cat \(process)/comm 2>/dev/null || true").hasPrefix("martlet") {
                for name in ["cmdline", "environ"] {
                    let bytes = try Descriptor.open("\(process)/\(name)", O_RDONLY).readAll(limit: 1 << 20)
                    let text = String(decoding: bytes, as: UTF8.self)
                    #expect(!text.contains(canary.word), "\(process)/\(name)")
                    #expect(!text.contains("MARTLET_TEST_CANARY"), "\(process)/\(name)")
                }
            }
            kill(running.pid, SIGABRT)
            _ = try await running.exit()
            #expect(access("core", F_OK) < 0 && access("core.\(running.pid)", F_OK) < 0)

            let found = try Shell.run("grep -rlaF \(canary.word) \(walk.folder) || true")
            #expect(found == "")
            running = try await agent()
            try await walk.down("nest")
            try await walk.end(running)
            #expect(try Shell.run("grep -rlaF \(canary.word) \(walk.folder) || true") == "")
        }
    }
}
