// SPDX-License-Identifier: Apache-2.0
internal import Control
internal import FoundationEssentials
internal import Glibc
internal import Linux
internal import TestKit
internal import Testing

extension Walk {
    /// Makes and imports the image of a release; its name with its digest.
    ///
    /// It is this build under another version, with other `formats` if they are given; `script` is what a shell does before it goes on as its agent.
    func release(_ name: String, _ script: String = "true", formats: String? = nil) async throws -> String {
        let program = try Shell.run("realpath \(Self.martlet)-agent").dropLast()
        let made = "\(folder)/release"
        let agent = """
            #!/bin/sh
            if [ "$1" = release ]; then
                \(program) release | sed 's/"version":"[^"]*"/"version":"\(name)"/; \(formats ?? "")'
                exit
            fi
            echo \(name) >>\(folder)/begun
            \(script)
            exec \(program) "$@"

            """
        try Shell.run("rm -rf \(made) && mkdir -p \(made)/usr/libexec/martlet")
        _ = try file(agent, "release/usr/libexec/martlet/martlet-agent")
        try Shell.run(
            """
            set -e; cd \(made); chmod 755 usr/libexec/martlet/martlet-agent
            for program in martlet martlet-runtime martlet-lazy martlet-keeper; do
                echo \(name) >usr/libexec/martlet/$program
            done
            tar -cf layer.tar usr
            digest=$(sha256sum layer.tar | cut -d' ' -f1)
            printf '{"architecture":"%s","os":"linux","config":{},"rootfs":{"type":"layers","diff_ids":["sha256:%s"]}}' \
                "$(uname -m | sed 's/x86_64/amd64/; s/aarch64/arm64/')" $digest >config.json
            echo '[{"Config":"config.json","RepoTags":["walk/martlet:\(name)"],"Layers":["layer.tar"]}]' >manifest.json
            tar -cf ../release.tar manifest.json config.json layer.tar
            """
        )
        let imported = try await martlet("image", "import", with: ["\(folder)/release.tar"])
        try #require(imported.code == 0, "\(imported.output)")
        struct Line: Decodable {
            let name: String
            let digest: String
        }
        let listed = try await martlet("image", "ls", with: ["--json"])
        let lines = try JSONDecoder().decode([Line].self, from: Data(listed.output.utf8))
        let digest = try #require(lines.first { $0.name.hasSuffix("walk/martlet:\(name)") }?.digest)
        return "walk/martlet@\(digest)"
    }

    /// What `martlet status` tells of the agent's release.
    func releaseStatus() async throws -> ReleaseStatus? {
        let result = try await martlet("status", with: ["--json"])
        try #require(result.code == 0, "\(result.output)")
        return try JSONDecoder().decode(NodeStatus.self, from: Data(result.output.utf8)).release
    }

    /// Waits until the agent's release is in a state; between two programs nobody answers.
    func release(becomes state: String, _ agent: ForegroundRun) async throws {
        let deadline = ContinuousClock.now + ForegroundRun.patience
        while true {
            let result = try await martlet("status", with: ["--json"])
            let status = try? JSONDecoder().decode(NodeStatus.self, from: Data(result.output.utf8))
            if result.code == 0, status?.release?.state == state { return }
            try #require(ContinuousClock.now < deadline, "never \(state): \(agent.shown)")
            try await Task.sleep(for: .milliseconds(50))
        }
    }

    /// What has begun as an agent of a release.
    func begun() throws -> [Substring] {
        try Shell.run("cat \(folder)/begun 2>/dev/null || true").split(separator: "\n")
    }

    /// An app that counts, and one that serves.
    var counting: String {
        """
        name: told
        services:
          writer:
            image: busybox:walk
            command: [sh, -c, "i=1; while :; do seq $$i $$((i+99)); i=$$((i+100)); usleep 20000; done"]
            stop_grace_period: 0s
          web:
            image: busybox:walk
            command: [httpd, -f, -p, "8000", -h, /www]
            init: true
            ports: ["127.0.0.1:\(port):8000"]
            networks: [inside]
            stop_grace_period: 0s
        networks: { inside: {} }
        """
    }

    /// The first line that is not one more than the one before it.
    func disorder() async throws -> String? {
        let lines = try await lines("told/writer")
        try #require(lines.count > 100)
        return zip(lines, 1...).first { $0.0 != "\($0.1)" }.map { "\($0)" }
    }
}

/// The agent goes on as another release, and back.
extension WalkTests {
    @Test func `an agent goes on as another release, and neither container, line nor request notices`()
        async throws
    {
        try await withWalk { walk in
            try await walk.importBusybox()
            let first = try await walk.release("7.0.0"), second = try await walk.release("8.0.0")
            let agent = try await walk.agent()
            #expect(try await walk.releaseStatus() == nil)
            try await walk.apply(walk.counting)
            _ = try walk.page("index.html")
            let pids = try await walk.pids()
            let load = try RequestLoad(port: walk.port) { $0.hasSuffix("up\n") }
            for (release, name) in [(first, "7.0.0"), (second, "8.0.0")] {
                let begin = ContinuousClock.now
                let done = try await walk.martlet("upgrade", with: [release, "--wait", "--health", "60s"])
                #expect(done.code == 0 && done.output.contains("confirmed"), "\(done)\n\(agent.shown)")
                print("release \(name) is confirmed after \(ContinuousClock.now - begin)")
                let status = try #require(try await walk.releaseStatus())
                #expect(status.state == "confirmed" && status.image == release && status.failed == nil)
                #expect(try walk.begun().last.map(String.init) == name)
                #expect(try await walk.pids() == pids)
            }
            // The same process: whoever manages it need not know.
            #expect(kill(agent.pid, 0) == 0)
            let again = try await walk.martlet("upgrade", with: [second])
            #expect(again.code == 0 && again.output.contains("confirmed"), "\(again)")
            #expect(try walk.begun().count == 2)
            try await load.end(after: 1_000)
            #expect(load.failures.isEmpty, "\(load.failures)")
            #expect(try await walk.disorder() == nil)

            // What is in force is gone on with, and what was before that is kept.
            try await walk.end(agent)
            let next = try await walk.agent()
            #expect(try walk.begun().map(String.init) == ["7.0.0", "8.0.0", "8.0.0"])
            #expect(try await walk.releaseStatus()?.state == "confirmed")
            #expect(try Shell.run("ls \(walk.folder)/state/releases | wc -l") == "3\n")
            let back = try await walk.martlet("upgrade", with: ["--installed", "--wait"])
            #expect(back.code == 0 && back.output.contains("installed"), "\(back)")
            #expect(try walk.begun().count == 3)
            #expect(try await walk.pids() == pids)
            #expect(try await walk.instances().allSatisfy { $0.restarts == 0 })
            #expect(try await walk.disorder() == nil)
            let events = try await walk.martlet("events", with: ["--no-follow", "--since", "1h"]).output
            #expect(events.contains("release 8.0.0") && events.contains("is confirmed"), "\(events)")
            try await walk.down("told")
            try await walk.end(next)
        }
    }

    /// How a release fails, and what is told of it; with `MARTLET_SOAK` in rarer ways, too.
    private static let failures =
        [
            ("exit 1", "it ended after"),
            ("exec sleep 1000", "it was not confirmed within 15 s"),
            ("export MARTLET_FAILPOINT=hang:trialDue", "it was not confirmed within 15 s"),
        ] + (getenv("MARTLET_SOAK") == nil ? [] : rarer)
    private static let rarer = [
        ("kill -9 $$", "it ended after"),
        ("export MARTLET_FAILPOINT=adoptionDue", "it ended after"),
        ("export MARTLET_FAILPOINT=hang:adoptionDue", "it was not confirmed within 15 s"),
        ("export MARTLET_FAILPOINT=trialDue", "it ended after"),
    ]

    @Test(arguments: failures)
    func `a release that does not become healthy is left by itself, and no container notices`(
        _ script: String,
        _ reason: String
    ) async throws {
        try await withWalk { walk in
            try await walk.importBusybox()
            let good = try await walk.release("7.0.0"), bad = try await walk.release("9.0.0", script)
            var agent = try await walk.agent()
            try await walk.apply(walk.counting)
            _ = try walk.page("index.html")
            let pids = try await walk.pids()
            #expect(
                try await walk.martlet("upgrade", with: [good, "--wait", "--health", "60s"]).code == 0,
                "\(agent.shown)"
            )
            let load = try RequestLoad(port: walk.port) { $0.hasSuffix("up\n") }
            let asked = try walk.start(["upgrade"], [bad, "--wait", "--health", "15s"])
            // Whoever manages the agent starts it again.
            _ = try await agent.exit()
            agent = try await walk.agent()
            #expect(try await asked.exit() == 1)
            #expect(try asked.output().contains("release 9.0.0 was left: \(reason)"), "\(asked.shown)")
            let status = try #require(try await walk.releaseStatus())
            #expect(status.state == "confirmed" && status.image == good, "\(status)")
            #expect(status.failed?.image == bad && status.failed?.reason.hasPrefix(reason) == true)
            #expect(try walk.begun().map(String.init) == ["7.0.0", "9.0.0", "7.0.0"])
            try await load.end(after: 200)
            #expect(load.failures.isEmpty, "\(load.failures)")
            #expect(try await walk.pids() == pids)
            let events = try await walk.martlet("events", with: ["--no-follow", "--since", "1h"]).output
            #expect(events.contains("is left: \(reason)"), "\(events)")

            // Not again by itself, and its programs are gone.
            try await walk.end(agent)
            agent = try await walk.agent()
            #expect(try walk.begun().count == 4 && walk.begun().last == "7.0.0")
            #expect(try Shell.run("ls \(walk.folder)/state/releases | wc -l") == "2\n")
            #expect(try await walk.disorder() == nil)
            try await walk.down("told")
            try await walk.end(agent)
        }
    }

    @Test func `a release that its API does not answer gives itself up with the reason`() async throws {
        try await withWalk { walk in
            try await walk.importBusybox()
            let socket = "\(walk.folder)/run/martlet.sock"
            let spoil = """
                (while [ ! -S \(socket) ]; do :; done; mv \(socket) \(socket).away) \
                </dev/null >/dev/null 2>&1 &
                """
            let bad = try await walk.release("9.0.0", "rm -f \(socket); \(spoil)")
            let agent = try await walk.agent()
            try await walk.apply(walk.counting)
            let pids = try await walk.pids()
            let asked = try await walk.martlet("upgrade", with: [bad, "--wait", "--health", "60s"])
            #expect(asked.code == 1 && asked.output.contains("was left: agent: no agent answers"), "\(asked)")
            // It went on as what was before in the same process.
            #expect(kill(agent.pid, 0) == 0)
            #expect(try await walk.releaseStatus()?.state == "installed")
            #expect(try await walk.pids() == pids)
            try await walk.down("told")
            try await walk.end(agent)
        }
    }

    @Test
    func `a trial that is told to end begins anew, and one that is killed after it confirmed itself stays`()
        async throws
    {
        try await withWalk { walk in
            let release = try await walk.release("7.0.0")
            let killed = try await walk.release("7.5.0", "export MARTLET_FAILPOINT=trialConfirmed")
            var agent = try await walk.agent()
            #expect(try await walk.martlet("upgrade", with: [release]).code == 0)
            try await walk.release(becomes: "trial", agent)
            try await walk.end(agent)
            agent = try await walk.agent()
            try await walk.release(becomes: "confirmed", agent)
            #expect(try walk.begun().count == 2)

            #expect(try await walk.martlet("upgrade", with: [killed]).code == 0)
            _ = try await agent.exit()
            agent = try walk.start(["agent"])
            // It kills itself where it comes when it confirms itself, and nowhere else.
            try await agent.wait(for: "the agent serves")
            #expect(try await walk.releaseStatus()?.state == "confirmed")
            try await walk.end(agent)
        }
    }

    @Test
    func `what nobody vouches for, is no release or cannot be executed is refused before anything ends`()
        async throws
    {
        try await withWalk { walk in
            try await walk.importBusybox()
            let named = try await walk.release("7.0.0")
            let other = try await walk.release("7.1.0")
            let agent = try await walk.agent()
            func refuse(_ image: String, _ words: String, _ more: [String] = []) async throws {
                let refused = try await walk.martlet("upgrade", with: [image] + more)
                #expect(refused.code == 1 && refused.output.contains(words), "\(refused)")
            }
            try await refuse("walk/martlet:7.0.0", "nobody vouches for it: name it with its digest, ")
            try await refuse("busybox:walk", "nobody vouches for it")
            let busybox = try await walk.martlet("image", "ls", with: ["--json"]).output
            let digest = try #require(
                busybox.split(separator: "{").first { $0.contains("busybox:walk") }?
                    .split(separator: "\"").first { $0.hasPrefix("sha256:") }
            )
            try await refuse(
                "busybox@\(digest)",
                "the image has no /usr/libexec/martlet/martlet: it is no release"
            )
            try await refuse(named, "the node has no such rule", ["--verify", "release-key"])
            try await refuse("127.0.0.1:1/none@sha256:\(String(repeating: "0", count: 64))", "127.0.0.1:1")
            let newer = try await walk.release("7.2.0", formats: "s/\"records\":1/\"records\":2/")
            try await refuse(
                newer,
                "it leaves records of format 2 in place of 1, which could not be gone back from"
            )
            #expect(try Shell.run("ls \(walk.folder)/state/releases") == "")
            // A state folder that nothing may be executed in.
            let place = "\(walk.folder)/state/releases"
            try Shell.run("mkdir -p -m 700 \(place) && mount -t tmpfs -o noexec,mode=700 tmpfs \(place)")
            try await refuse(
                other,
                "permission denied (EACCES): the state folder may not be mounted with noexec"
            )
            try Shell.run("umount \(place)")
            #expect(try walk.begun().isEmpty)
            #expect(try await walk.releaseStatus() == nil)
            try await walk.end(agent)
        }
    }

    @Test func `node yaml names a release once, and what is installed later wins`() async throws {
        try await withWalk { walk in
            let release = try await walk.release("7.0.0")
            let node = try walk.file(
                "format: 1\nupdate: { agent: { source: \"\(release)\", health: 1m } }\n",
                "node.yaml"
            )
            // Programs of its own, to be installed anew.
            let installed = "\(walk.folder)/installed"
            try Shell.run(
                """
                set -e; mkdir \(installed); cd .build/debug
                for program in martlet martlet-keeper; do
                    ln "$(realpath $program)" \(installed) 2>/dev/null || cp $program \(installed)
                done
                printf '#!/bin/sh\\nexec %s "$@"\\n' "$(realpath martlet-agent)" >\(installed)/martlet-agent
                chmod 755 \(installed)/martlet-agent
                """
            )
            func start() async throws -> ForegroundRun {
                let run = try ForegroundRun(
                    [
                        "\(installed)/martlet", "agent", "--state-dir", "\(walk.folder)/state",
                        "--runtime-dir",
                        "\(walk.folder)/run", "--node", node,
                    ],
                    output: "\(walk.folder)/output.installed"
                )
                try await run.wait(for: "the agent serves")
                return run
            }
            var agent = try await start()
            try await walk.release(becomes: "confirmed", agent)
            #expect(try walk.begun().count == 1)
            try await walk.end(agent)
            agent = try await start()
            try await walk.release(becomes: "confirmed", agent)
            #expect(try walk.begun().count == 2)
            try await walk.end(agent)

            try Shell.run("touch -d '2001-01-01' \(installed)/martlet-agent")
            agent = try await start()
            #expect(try await walk.releaseStatus()?.state == "installed")
            try await Task.sleep(for: .seconds(1))
            #expect(
                try walk.begun().count == 2
                    && agent.output().contains("is left: other programs were installed")
            )
            // Asked for by hand it is tried again.
            #expect(try await walk.martlet("upgrade", with: [release, "--wait"]).code == 0)
            #expect(try walk.begun().count == 3)
            try await walk.end(agent)
        }
    }
}
