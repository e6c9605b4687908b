// SPDX-License-Identifier: Apache-2.0
internal import Control
internal import FoundationEssentials
internal import Glibc
internal import Linux
internal import TestKit
internal import Testing

extension WalkTests {
    private static func app(_ level: Int, _ own: String = "") -> String {
        """
        name: calm
        services:
          one:
            image: busybox:walk
            command: [sleep, "100000"]
            init: true
            environment: {LEVEL: "\(level)"}
            deploy: {update_config: {monitor: 0s}}
            \(own)
        """
    }

    @Test func `a change waits for its window, and the caller may say otherwise`() async throws {
        try await withWalk { walk in
            try await walk.importBusybox()
            let agent = try await walk.agent()
            // It opens in a few hours, whenever this runs.
            let hour = (time(nil) / 3600 + 3) % 24
            let times = hour < 10 ? "0\(hour):00-0\(hour):30" : "\(hour):00-\(hour):30"
            let window = "restart: always\n    x-martlet: {window: \"\(times)\"}"
            // What is not there yet comes at any time.
            try await walk.apply(Self.app(1, window))
            let before = try await walk.pids()
            let file = try walk.file(Self.app(2, window), "next.yaml")
            let plan = try await walk.martlet("plan", with: [file])
            #expect(
                plan.output.contains("Held: services.one: ") && plan.output.contains("window: "),
                "\(plan)"
            )
            let held = try await walk.martlet("apply", with: ["--wait", file])
            #expect(held.code == 1 && held.output.contains("Held until 20"), "\(held)")
            #expect(held.output.contains("services.one.x-martlet.window: closed now: \(times)"), "\(held)")
            let status = try await walk.martlet("status")
            #expect(status.output.contains("Held: services.one: "), "\(status)")
            #expect(try await walk.pids() == before)
            // A crash is none of its business, nor is the same file again.
            kill(try #require(before.values.first), SIGKILL)
            try await walk.apply(Self.app(1, window))
            try await walk.comesBack(from: before.values.first)
            let forced = try await walk.martlet("apply", with: ["--wait", "--now", file])
            #expect(forced.code == 0, "\(forced)")
            let events = try await walk.martlet("events", with: ["--no-follow", "--since", "1h"])
            #expect(events.output.contains("changes outside its window by uid 0 pid "), "\(events)")
            // To take the window away is a change like any other, of the window alone it is none.
            try await walk.apply(Self.app(2, "restart: always\n    x-martlet: {window: \"00:00-24:00\"}"))
            try await walk.apply(Self.app(3))
            try await walk.down("calm")
            try await walk.end(agent)
        }
    }

    @Test func `while the pause file is there nothing changes but what recovers`() async throws {
        try await withWalk { walk in
            try await walk.importBusybox()
            let pause = "\(walk.folder)/pause"
            let node = try walk.file("format: 1\napply: {pause_file: \(pause)}\n", "node.yaml")
            let agent = try await walk.agent(["--node", node])
            try await walk.apply(Self.app(1, "restart: always"))
            try Shell.run("touch \(pause)")
            for (verb, arguments) in [
                ("apply", ["--wait", try walk.file(Self.app(2, "restart: always"), "next.yaml")]),
                ("rollback", ["calm"]), ("retry", ["calm"]),
            ] {
                let result = try await walk.martlet(verb, with: arguments)
                #expect(result.code == 1, "\(result)")
                if verb == "apply" {
                    #expect(result.output.contains("the node is paused: \(pause) is there"))
                }
            }
            let before = try #require(try await walk.pids().values.first)
            kill(before, SIGKILL)
            try await walk.comesBack(from: before)
            try Shell.run("rm \(pause)")
            try await walk.apply(Self.app(2, "restart: always"))
            try await walk.down("calm")
            try await walk.end(agent)
        }
    }

    @Test func `a lock that is held keeps a container until it is free`() async throws {
        try await withWalk { walk in
            try await walk.importBusybox()
            let agent = try await walk.agent()
            let notes = "\(walk.folder)/notes"
            try Shell.run("mkdir \(notes) && touch \(notes)/lock")
            func text(_ level: Int) -> String {
                Self.app(level, "volumes: [\"\(notes):/notes\"]\n    x-martlet: {lock: /notes/lock}")
            }
            try await walk.apply(text(1))
            let before = try await walk.pids()
            // The same file, whoever opens it by which way.
            let lock = try Descriptor.open("\(notes)/lock", O_RDONLY)
            try #require(flock(lock.number, LOCK_EX) == 0)
            let change = try walk.start(["apply"], ["--wait", try walk.file(text(2), "next.yaml")])
            let events = try walk.start(["events"], ["--since", "1h"])
            try await events.wait(for: "/notes/lock is locked")
            #expect(try await walk.pids() == before)
            try #require(flock(lock.number, LOCK_UN) == 0)
            #expect(try await change.exit() == 0, "\(change.shown)")
            #expect(try await walk.pids() != before)
            events.kill()
            try await walk.down("calm")
            try await walk.end(agent)
        }
    }

    @Test func `hooks before the start run once, and one that fails is a failure of the rollout`()
        async throws
    {
        try await withWalk { walk in
            try await walk.importBusybox()
            let agent = try await walk.agent()
            try Shell.run("mkdir -m 1777 \(walk.folder)/notes")
            func text(_ level: Int, _ second: String = "echo two >>/notes/all") -> String {
                """
                name: calm
                services:
                  one:
                    image: busybox:walk
                    command: [sleep, "100000"]
                    init: true
                    hostname: h\(level)
                    volumes: ["\(walk.folder)/notes:/notes"]
                    deploy: {replicas: 2, update_config: {monitor: 0s}}
                    pre_start:
                      - {command: [sh, -c, "sleep 1; echo one $$LEVEL >>/notes/all"], environment: {LEVEL: "1"}}
                      - {command: [sh, -c, "\(second)"]}
                """
            }
            try await walk.apply(text(1))
            #expect(try Shell.run("cat \(walk.folder)/notes/all") == "one 1\ntwo\n")
            #expect(try await walk.instances().map(\.service) == ["one", "one"])
            // The service has changed, its hooks have not.
            try await walk.apply(text(2))
            #expect(try Shell.run("cat \(walk.folder)/notes/all") == "one 1\ntwo\n")
            let broken = try walk.file(text(2, "echo no such table; exit 5"), "broken.yaml")
            let failed = try await walk.martlet("apply", with: ["--wait", broken])
            #expect(failed.code == 1, "\(failed)")
            #expect(failed.output.contains("calm/one.pre_start.2/2 exited 5"), "\(failed)")
            let event = try #require(try await Self.events(walk, "rolled-back").first)
            #expect(event.details == ["no such table"])
            #expect(try Shell.run("cat \(walk.folder)/notes/all") == "one 1\ntwo\n")
            #expect(try await walk.instances().count == 2)
            try await walk.down("calm")
            try await walk.end(agent)
        }
    }

    @Test func `as many may fail as the file allows`() async throws {
        try await withWalk { walk in
            try await walk.importBusybox()
            let agent = try await walk.agent()
            try Shell.run("mkdir -m 1777 \(walk.folder)/notes")
            // The first one that takes the directory fails.
            func text(_ level: Int, _ ratio: String) -> String {
                """
                name: calm
                services:
                  one:
                    image: busybox:walk
                    command: [sh, -c, "[ $$LEVEL = 1 ] || ! mkdir /notes/$$LEVEL 2>/dev/null || exit 6; sleep 100000"]
                    init: true
                    restart: always
                    environment: {LEVEL: "\(level)"}
                    volumes: ["\(walk.folder)/notes:/notes"]
                    deploy: {replicas: 2, update_config: {parallelism: 0, monitor: 2s, max_failure_ratio: \(ratio)}}
                """
            }
            try await walk.apply(text(1, "0"))
            let strict = try await walk.martlet(
                "apply",
                with: ["--wait", try walk.file(text(2, "0.4"), "n.yaml")]
            )
            #expect(strict.code == 1 && strict.output.contains("generation 1 runs again"), "\(strict)")
            let lenient = try await walk.martlet(
                "apply",
                with: ["--wait", try walk.file(text(3, "0.5"), "n.yaml")]
            )
            #expect(lenient.code == 0 && lenient.output.contains("converged on generation 3"), "\(lenient)")
            try await walk.down("calm")
            try await walk.end(agent)
        }
    }

    @Test func `as many may fail on the way back as the file allows`() async throws {
        try await withWalk { walk in
            try await walk.importBusybox()
            let agent = try await walk.agent()
            try Shell.run("mkdir -m 1777 \(walk.folder)/notes")
            // A bad one fails always; of the good ones, after a bad one, the first that takes the directory.
            let line =
                "[ $$BAD = no ] || { touch /notes/was; exit 7; }; "
                + "[ ! -e /notes/was ] || ! mkdir /notes/one 2>/dev/null || exit 6; sleep 100000"
            func text(_ level: Int, _ ratio: String, bad: String) -> String {
                """
                name: calm
                services:
                  one:
                    image: busybox:walk
                    command: [sh, -c, "\(line)"]
                    init: true
                    restart: always
                    environment: {LEVEL: "\(level)", BAD: "\(bad)"}
                    volumes: ["\(walk.folder)/notes:/notes"]
                    deploy:
                      replicas: 2
                      update_config: {parallelism: 0}
                      rollback_config: {parallelism: 0, monitor: 2s, max_failure_ratio: \(ratio)}
                """
            }
            for (level, ratio, isLenient) in [(1, "0.4", false), (3, "0.5", true)] {
                try Shell.run("rm -rf \(walk.folder)/notes/*")
                try await walk.apply(text(level, ratio, bad: "no"))
                // The way back is that of the file that it leads to.
                let bad = try walk.file(text(level + 1, isLenient ? "0" : "1", bad: "yes"), "bad.yaml")
                let result = try await walk.martlet("apply", with: ["--wait", bad])
                #expect(result.code == 1 && result.output.contains("exited 7"), "\(result)")
                let state = try await walk.app("calm", until: "has ended") { $0.state != "converging" }
                #expect(state.generation == level)
                if isLenient {
                    #expect(result.output.contains("generation \(level) runs again"), "\(result)")
                    #expect(state.state == "converged", "\(state)")
                } else {
                    #expect(
                        result.output.contains("the way back to \(level) did: calm/one/"),
                        "\(result)"
                    )
                    #expect(state.state == "failed" && state.reason.contains("exited 6"), "\(state)")
                }
                // What failed goes on by its restart policy.
                let all = try await walk.app("calm", until: "runs whole") { app in
                    app.services.allSatisfy { $0.running == 2 }
                }
                #expect(all.generation == level)
                let told = try await Self.events(walk, "failed").filter {
                    $0.reason.contains("exited 6: the rollout goes on")
                }
                #expect(told.count == (isLenient ? 2 : 1), "\(told)")
            }
            try await walk.down("calm")
            try await walk.end(agent)
        }
    }
}

extension Walk {
    /// Waits until the one container runs as another process.
    fileprivate func comesBack(from pid: Int32?) async throws {
        let deadline = ContinuousClock.now + ForegroundRun.patience
        while true {
            if let now = try await pids().values.first, now != pid { return }
            try #require(ContinuousClock.now < deadline)
            try await Task.sleep(for: .milliseconds(100))
        }
    }
}
