// SPDX-License-Identifier: Apache-2.0
internal import TestKit
internal import Testing

extension WalkTests {
    @Test(arguments: [
        ("    colour: red\n", 5, "unknown key"),
        ("    read_only: perhaps\n", 5, "read_only"),
        ("    pull_policy: build\n", 5, "not supported yet"),
        ("    volumes: [\"data:/data:z\"]\n", 5, "not supported yet"),
        ("    command: [\"unclosed\n", 5, ""),
    ])
    func `a broken file is refused by place, and nothing is made`(
        _ text: String,
        _ line: Int,
        _ words: String
    ) async throws {
        try await withWalk { walk in
            let path = try walk.file("name: broken\nservices:\n  one:\n    image: busybox:walk\n" + text)
            for verb in ["run", "validate"] {
                let result =
                    verb == "run"
                    ? try await walk.martlet("run", with: [path])
                    : try await {
                        let run = try ForegroundRun(
                            [Walk.martlet, verb, path],
                            output: "\(walk.folder)/validated"
                        ); return (code: try await run.exit(), output: try run.output())
                    }()
                #expect(result.code == 2)
                let first = try #require(result.output.split(separator: "\n").first)
                let place = try #require(first.wholeMatch(of: /martlet: (.*?):([0-9]+):([0-9]+): .*/))
                #expect(
                    String(place.1) == path && (words.isEmpty || Int(place.2) == line),
                    "\(result.output)"
                )
                #expect(result.output.contains(words), "\(result.output)")
            }
        }
    }

    @Test func `a missing image is one line with its remedy`() async throws {
        try await withWalk { walk in
            let path = try walk.file(
                "name: absent\nx-martlet: { format: 1 }\nservices:\n  one:\n    image: not/here:1\n    pull_policy: never\n"
            )
            let result = try await walk.martlet("run", with: [path])
            #expect(result.code == 1)
            let complaints = result.output.split(separator: "\n").filter { $0.hasPrefix("martlet: ") }
            #expect(
                complaints.count == 1
                    && complaints[0].contains(
                        "not/here:1 is not here: bring it with `martlet image pull` or `import`"
                    ),
                "\(result.output)"
            )
        }
    }

    @Test func `a command that does not exist is named, and everything goes away again`() async throws {
        try await withWalk { walk in
            try await walk.importBusybox()
            let path = try walk.file(
                """
                name: broken
                x-martlet: { format: 1 }
                services:
                  good: { image: "busybox:walk", command: [sleep, "1000"], init: true, volumes: ["kept:/kept"] }
                  one: { image: "busybox:walk", command: [/bin/no-such-program], depends_on: [good] }
                volumes: { kept: {} }
                """
            )
            let result = try await walk.martlet("run", with: [path])
            #expect(result.code == 1)
            #expect(
                result.output.contains("/bin/no-such-program") && result.output.contains("ENOENT"),
                "\(result.output)"
            )
        }
    }

    @Test func `a dependency that becomes unhealthy ends the run`() async throws {
        try await withWalk { walk in
            try await walk.importBusybox()
            let result = try await walk.martlet("run", with: [try walk.file(Self.waiting(retries: 2))])
            #expect(result.code == 1)
            #expect(
                result.output.contains("waits/sick") && result.output.contains("did not become"),
                "\(result.output)"
            )
            #expect(!result.output.contains("start waits/one"), "\(result.output)")
        }
    }

    @Test func `Ctrl-C ends a run that waits for a dependency`() async throws {
        try await withWalk { walk in
            try await walk.importBusybox()
            let run = try walk.start(["run"], [try walk.file(Self.waiting(retries: 1_000, interval: "60s"))])
            try await run.wait(for: "waits/sick/1 started")
            try await run.wait(for: "wait for sick")
            run.interrupt()
            #expect(try await run.exit() == 0, "\(run.shown)")
        }
    }

    @Test func `an app cannot take the host's ids by itself`() async throws {
        try await withWalk { walk in
            try await walk.importBusybox()
            let app = """
                name: bold
                services: { one: { image: "busybox:walk", command: ["true"], x-martlet: { userns: host } } }
                """
            let result = try await walk.martlet("run", with: [try walk.file(app)])
            #expect(result.code == 1 && result.output.contains("services.one.x-martlet.userns"), "\(result)")
        }
    }

    @Test func `a second Ctrl-C does not wait for a grace period`() async throws {
        try await withWalk { walk in
            try await walk.importBusybox()
            let run = try await walk.up(
                """
                name: deaf
                x-martlet: { format: 1 }
                services:
                  one:
                    image: busybox:walk
                    command: [sh, -c, "trap '' TERM; while :; do sleep 1; done"]
                    stop_grace_period: 10m
                """
            )
            run.interrupt()
            try await run.wait(for: "stop deaf/one/1")
            run.interrupt()
            #expect(try await run.exit() == 0, "\(run.shown)")
            #expect(try run.output().contains("deaf/one/1 exited 137"), "\(run.shown)")
        }
    }

    @Test func `a service with a health check that ended for good ends the run`() async throws {
        try await withWalk { walk in
            try await walk.importBusybox()
            let app = """
                name: brief
                x-martlet: { format: 1 }
                services:
                  one: { image: "busybox:walk", command: [sh, -c, exit 3], healthcheck: { test: [CMD, "true"] } }
                """
            let result = try await walk.martlet("run", with: [try walk.file(app)])
            #expect(result.code == 1 && result.output.contains("brief/one/1: it does not become healthy"))
        }
    }

    /// One service waits for another, whose check fails.
    private static func waiting(retries: Int, interval: String = "100ms") -> String {
        """
        name: waits
        x-martlet: { format: 1 }
        services:
          sick:
            image: busybox:walk
            command: [sleep, "1000"]
            init: true
            healthcheck: { test: [CMD, "false"], interval: \(interval), timeout: 5s, retries: \(retries) }
          one:
            image: busybox:walk
            command: [sleep, "1000"]
            depends_on: { sick: { condition: service_healthy } }
        """
    }

    @Test func `a service is started again as its policy says, after growing pauses`() async throws {
        try await withWalk { walk in
            try await walk.importBusybox()
            func service(_ name: String, _ code: Int, _ policy: String) -> String {
                "  \(name): { image: \"busybox:walk\", command: [sh, -c, \"echo run; exit \(code)\"], restart: \(policy) }\n"
            }
            let run = try await walk.up(
                "name: again\nx-martlet: { format: 1 }\nservices:\n" + service("always", 0, "always")
                    + service("never", 4, "\"no\"")
                    + service("twice", 5, "\"on-failure:2\"") + service("fine", 0, "on-failure")
            )
            try await run.wait(for: "again/always/1 starts again", times: 3)
            try await run.wait(for: "again/twice/1 exited 5", times: 3)
            let told = try run.output()
            for (number, pause) in ["1.0", "2.0", "4.0"].enumerated() {
                #expect(
                    told.contains("again/always/1 starts again in \(pause) seconds"),
                    "\(number): \(told)"
                )
            }
            #expect(told.count(of: "again/twice/1 starts again") == 2, "\(told)")
            #expect(
                told.count(of: "again/never/1 exited 4") == 1 && told.count(of: "again/never/1 started") == 1,
                "\(told)"
            )
            #expect(
                told.count(of: "again/fine/1 exited 0") == 1 && told.count(of: "again/fine/1 started") == 1,
                "\(told)"
            )
            run.interrupt()
            #expect(try await run.exit() == 0)
            let lines = try await walk.lines("again/twice")
            #expect(lines.count == 3, "\(lines)")
        }
    }
}
