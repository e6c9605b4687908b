// SPDX-License-Identifier: Apache-2.0
internal import Control
internal import FoundationEssentials
internal import Glibc
internal import TestKit
internal import Testing

extension WalkTests {
    @Test func `limits change live, by hand until the file is applied again`() async throws {
        try await withWalk { walk in
            try await walk.importBusybox()
            var agent = try await walk.agent()
            func file(_ memory: String) -> String {
                """
                name: sized
                services:
                  one:
                    image: busybox:walk
                    command: [sleep, "100000"]
                    init: true
                    restart: always
                    deploy: { resources: { limits: { memory: \(memory), pids: 50 }, reservations: { memory: 16M } } }
                """
            }
            try await walk.apply(file("64M"))
            let pid = try #require(try await walk.instances().first?.pid)
            var one = try #require(try await walk.stats().first)
            #expect(one.memoryLimit == 64 << 20 && one.pidsLimit == 50 && one.cpuLimit == nil)
            #expect(one.memoryPeak.map { $0 > 0 && $0 <= 64 << 20 } != false && one.pids >= 2)

            let words = "--memory 96M --memory-reservation 32M --pids-limit 20 --cpus 0.5 --cpu-shares 512"
            try await walk.update("sized/one", "\(words) --cpuset-cpus 0")
            one = try #require(try await walk.stats().first)
            #expect(one.memoryLimit == 96 << 20 && one.pidsLimit == 20 && one.cpuLimit == 0.5)
            #expect(try Self.processors(of: pid) == "0")

            // Neither another agent nor another run of the container forgets them.
            agent.kill()
            agent = try await walk.agent()
            #expect(try await walk.stats().first?.memoryLimit == 96 << 20)
            kill(pid, SIGKILL)
            let deadline = ContinuousClock.now + ForegroundRun.patience
            var next: Int32?
            while next == nil || next == pid {
                try #require(ContinuousClock.now < deadline, "\(agent.shown)")
                next = try await walk.instances().first { $0.state == "running" }?.pid
            }
            one = try #require(try await walk.stats().first)
            #expect(one.memoryLimit == 96 << 20 && one.pidsLimit == 20 && one.cpuLimit == 0.5)

            let plan = try await walk.martlet("plan", with: [try walk.file(file("64M"))])
            #expect(plan.output.contains("services.one.deploy.resources.limits.memory"), "\(plan.output)")
            #expect(plan.output.contains("changed by hand"), "\(plan.output)")
            try await walk.apply(file("64M"))
            one = try #require(try await walk.stats().first)
            #expect(one.memoryLimit == 64 << 20 && one.pidsLimit == 50 && one.cpuLimit == nil)
            #expect(try Self.processors(of: next ?? 0) == Self.processors(of: getpid()))
            try await walk.apply(file("128M"))
            #expect(try await walk.stats().first?.memoryLimit == 128 << 20)
            try await walk.update("sized", "--memory 0")
            #expect(try await walk.stats().first?.memoryLimit == nil)
            #expect(try await walk.instances().first?.pid == next, "no change makes it anew")

            let bad = [
                ("sized", "", "no limit is given", 2), ("sized/two", "--memory 1G", "no such instance", 1),
                ("sized", "--cpuset-cpus 1-0", "is not a set such as", 2),
                ("sized", "--cpuset-cpus 60000", "60000", 1), ("sized", "--memory 8M", "are reserved", 2),
                ("sized", "--cpus 0.001", "is not from", 2),
            ]
            for (target, words, what, code) in bad {
                let result = try await walk.martlet(
                    "update",
                    with: [target] + words.split(separator: " ").map(String.init)
                )
                #expect(result.code == code && result.output.contains(what), "\(words): \(result.output)")
            }
            try await walk.down("sized")
            try await walk.end(agent)
        }
    }

    @Test func `what is paused stands still until it is resumed or stopped`() async throws {
        try await withWalk { walk in
            try await walk.importBusybox()
            var agent = try await walk.agent()
            try await walk.apply(
                """
                name: still
                services:
                  tick:
                    image: busybox:walk
                    command: [sh, -c, "trap 'exit 3' TERM; while :; do date +%s%N >/tmp/tick; sleep 0.05; done"]
                    healthcheck: { test: "true", interval: 1s, timeout: 1s, retries: 1 }
                    stop_grace_period: 5s
                """
            )
            let pid = try #require(try await walk.instances().first?.pid)
            func tick() throws -> String { try Shell.run("cat /proc/\(pid)/root/tmp/tick") }
            func verb(_ name: String) async throws -> String {
                let result = try await walk.martlet(name, with: ["still/tick"])
                try #require(result.code == 0, "\(result.output)")
                return result.output
            }
            #expect(try await verb("pause").contains("paused"))
            let before = try tick()
            agent.kill()
            agent = try await walk.agent()
            try await Task.sleep(for: .seconds(3))
            let found = try #require(try await walk.instances().first)
            #expect(found.state == "paused" && found.pid == pid && found.health != "unhealthy")
            #expect(try tick() == before)
            let inside = try await walk.martlet("exec", with: ["still/tick", "--", "true"])
            #expect(inside.code != 0 && inside.output.contains("martlet resume"), "\(inside.output)")
            #expect(try await verb("resume").contains("running"))
            let deadline = ContinuousClock.now + ForegroundRun.patience
            while try tick() == before { try #require(ContinuousClock.now < deadline) }
            #expect(try await verb("resume").contains("running"), "twice is no error")
            _ = try await verb("pause")
            let stopping = ContinuousClock.now
            #expect(try await verb("stop").contains("stopped (3)"), "it can answer to the signal")
            #expect(ContinuousClock.now - stopping < .seconds(5))
            let again = try await walk.martlet("pause", with: ["still"])
            #expect(again.code == 1 && again.output.contains("it does not run"), "\(again.output)")
            try await walk.down("still")
            try await walk.end(agent)
        }
    }

    @Test func `a kill for want of memory, memory above its threshold and an empty group are events`()
        async throws
    {
        try await withWalk { walk in
            try await walk.importBusybox()
            let agent = try await walk.agent()
            try await walk.apply(
                """
                name: told
                services:
                  hog:
                    image: busybox:walk
                    command: [sh, -c, "tail /dev/zero; sleep 100000"]
                    deploy: { resources: { limits: { memory: 32M } } }
                  high:
                    image: busybox:walk
                    command: [sh, -c, "x=$$(head -c 24000000 /dev/zero | tr '\\\\0' x); sleep 100000"]
                    x-martlet: { memory: { high: 16M } }
                  brief: { image: "busybox:walk", command: [sh, -c, "exit 4"] }
                """
            )
            func told() async throws -> [EventRecord] {
                let result = try await walk.martlet(
                    "events",
                    with: ["--no-follow", "--since", "1h", "--json"]
                )
                return try result.output.split(separator: "\n").map {
                    try JSONDecoder().decode(EventRecord.self, from: Data($0.utf8))
                }
            }
            func kinds(_ service: String) async throws -> [String] {
                try await told().filter { $0.service == service }.map(\.kind)
            }
            let deadline = ContinuousClock.now + ForegroundRun.patience
            for (service, kind) in [("hog", "oom"), ("high", "memory"), ("brief", "exited")] {
                while try await !kinds(service).contains(kind) {
                    let all = try await told()
                    try #require(ContinuousClock.now < deadline, "\(all)")
                    try await Task.sleep(for: .milliseconds(50))
                }
            }
            #expect(try await kinds("brief") == ["started", "empty", "exited"])
            #expect(try await kinds("hog") == ["started", "oom"])
            #expect(try await walk.stats().first { $0.service == "hog" }?.outOfMemoryKills == 1)
            let status = try await walk.martlet("status")
            let isLegacy = access("/sys/fs/cgroup/memory", F_OK) == 0
            #expect(
                status.output.contains("told/high: x-martlet.memory.high is told and not held") == isLegacy,
                "\(status.output)"
            )
            try await walk.down("told")
            try await walk.end(agent)
        }
    }

    @Test(.enabled(if: sysconf(Int32(_SC_NPROCESSORS_ONLN)) > 1, "needs two processors"))
    func `processors of its own are nobody else's while it runs`() async throws {
        try await withWalk { walk in
            try await walk.importBusybox()
            var agent = try await walk.agent()
            let all = try Self.processors(of: getpid())
            let last = try Shell.run("sed 's/.*[-,]//' /sys/devices/system/cpu/online | tr -d '\\n'")
            func app(_ name: String, _ more: String) -> String {
                let service = "{ image: \"busybox:walk\", command: [sleep, \"100000\"], init: true \(more) }"
                return "name: \(name)\nservices:\n  one: \(service)\n"
            }
            let own = ", cpuset: \"\(last)\", x-martlet: { cpu: { exclusive: true } }"
            func processors(_ app: String) async throws -> String {
                let pid = try await walk.instances().first { $0.app == app && $0.state == "running" }?.pid
                return try Self.processors(of: try #require(pid))
            }
            try await walk.apply(app("before", ""))
            try await walk.apply(app("owner", own))
            try await walk.apply(app("after", ""))
            #expect(try await processors("owner") == last)
            let left = try await processors("before")
            #expect(left != all && !left.split(separator: ",").contains(Substring(last)), "\(left)")
            #expect(try await processors("after") == left)
            let spread = try Shell.run(
                "find /sys/fs/cgroup -path '*/martlet-\(walk.owner)/before*/cpuset.cpus' -exec cat {} +"
            )
            #expect(spread == "\(left)\n")

            let refused = [
                (app("second", own), "processor \(last) is kept for owner/one"),
                (app("pinned", ", cpuset: \"\(last)\""), "are kept for owner/one"),
                (
                    app("greedy", ", cpuset: \"\(left)\", x-martlet: { cpu: { exclusive: true } }"),
                    "no processor is left"
                ),
                (
                    app("absent", ", cpuset: \"60000\", x-martlet: { cpu: { exclusive: true } }"),
                    "there is no processor 60000"
                ),
            ]
            for (text, what) in refused {
                let result = try await walk.martlet("apply", with: [try walk.file(text)])
                #expect(result.code == 1 && result.output.contains(what), "\(result.output)")
            }
            agent.kill()
            agent = try await walk.agent()
            #expect(try await processors("before") == left)
            #expect(try await processors("owner") == last)
            try await walk.down("owner")
            #expect(try await processors("before") == all)
            #expect(try await processors("after") == all)
            try await walk.down("before", "after")
            try await walk.end(agent)
        }
    }

    @Test func `a latency class decides who runs when both want to`() async throws {
        try await withWalk { walk in
            try await walk.importBusybox()
            let agent = try await walk.agent()
            func busy(_ latency: String) -> String {
                "{ image: \"busybox:walk\", command: [sh, -c, \"while :; do :; done\"], cpuset: \"0\", "
                    + "x-martlet: { cpu: { latency: \(latency) } } }"
            }
            try await walk.apply(
                "name: race\nservices:\n  first: \(busy("premier"))\n  last: \(busy("best-effort"))\n"
            )
            let files = "find /sys/fs/cgroup -path '*/martlet-\(walk.owner)/race-*'"
            let weights = try Shell.run(
                "\(files) \\( -name cpu.weight -o -name cpu.shares \\) -exec cat {} + | sort -n"
            )
            #expect(["102\n16384\n", "10\n1600\n"].contains(weights))
            let before = try await walk.stats()
            try await Task.sleep(for: .seconds(4))
            let after = try await walk.stats()
            let used = zip(before, after).map { $1.cpuTime - $0.cpuTime }
            try #require(used.count == 2)
            print(
                "premier against best-effort on one processor: \(used[0] / 1_000_000) ms to \(used[1] / 1_000_000) ms"
            )
            #expect(used[0] > used[1])
            try await walk.apply(
                "name: race\nservices:\n  first: \(busy("normal"))\n  last: \(busy("best-effort"))\n"
            )
            let changed = try Shell.run(
                "\(files) \\( -name cpu.weight -o -name cpu.shares \\) -exec cat {} + | sort -n"
            )
            #expect(["102\n1024\n", "10\n100\n"].contains(changed))
            try await walk.down("race")
            try await walk.end(agent)
        }
    }

    /// The processors that a process may run on.
    private static func processors(of pid: Int32) throws -> String {
        try Shell.run("sed -n 's/^Cpus_allowed_list:[[:space:]]*//p' /proc/\(pid)/status | tr -d '\\n'")
    }
}

extension Walk {
    /// What `martlet stats --json` tells.
    func stats() async throws -> [InstanceStats] {
        let result = try await martlet("stats", with: ["--json"])
        try #require(result.code == 0, "\(result.output)")
        return try JSONDecoder().decode([InstanceStats].self, from: Data(result.output.utf8))
    }

    /// `martlet update` with good words.
    func update(_ target: String, _ words: String) async throws {
        let result = try await martlet(
            "update",
            with: [target] + words.split(separator: " ").map(String.init)
        )
        try #require(result.code == 0, "\(result.output)")
    }
}
