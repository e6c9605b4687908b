// SPDX-License-Identifier: Apache-2.0
internal import Control
internal import FoundationEssentials
internal import Glibc
internal import TestKit
internal import Testing

extension WalkTests {
    @Test func `a job that runs once is waited for, and not run again`() async throws {
        try await withWalk { walk in
            try await walk.importBusybox()
            let agent = try await walk.agent()
            try Shell.run("mkdir -m 1777 \(walk.folder)/notes")
            func text(_ command: String, _ level: Int = 1, retries: Int = 0) -> String {
                """
                name: once
                services:
                  web:
                    image: busybox:walk
                    init: true
                    command: [sh, -c, "cat /notes/all; sleep 1000"]
                    environment: {LEVEL: "\(level)"}
                    deploy: {update_config: {monitor: 0s}, rollback_config: {monitor: 0s}}
                    volumes: ["\(walk.folder)/notes:/notes"]
                    depends_on: {migrate: {condition: service_completed_successfully}}
                x-jobs:
                  migrate:
                    image: busybox:walk
                    command: [sh, -c, "\(command)"]
                    volumes: ["\(walk.folder)/notes:/notes"]
                    retries: \(retries)
                """
            }
            try await walk.apply(text("sleep 1; echo migrated >>/notes/all"))
            #expect(try await walk.lines("once/web") == ["migrated"])
            var runs = try await walk.runs("once", "migrate")
            #expect(runs.count == 1 && runs[0].result == "succeeded" && runs[0].exitStatus == 0)
            // Neither a change of who waits for it nor a restart of the agent runs it again.
            try await walk.apply(text("sleep 1; echo migrated >>/notes/all", 2))
            try await walk.end(agent)
            let next = try await walk.agent()
            try await walk.apply(text("sleep 1; echo migrated >>/notes/all", 3))
            #expect(try await walk.runs("once", "migrate").count == 1)

            // One that fails is tried again, then the app goes back, and its last lines are told.
            let broken = try walk.file(text("echo no database; exit 3", 4, retries: 1), "broken.yaml")
            let failed = try await walk.martlet("apply", with: ["--wait", broken])
            #expect(failed.code == 1 && failed.output.contains("generation 3 runs again"), "\(failed)")
            #expect(failed.output.contains("exited 3"), "\(failed)")
            runs = try await walk.runs("once", "migrate")
            #expect(runs.map(\.result) == ["failed", "failed", "succeeded"])
            #expect(runs.map(\.attempt) == [2, 1, 1])
            let event = try #require(try await Self.events(walk, "rolled-back").first)
            #expect(event.service == "migrate" && event.details == ["no database"])
            #expect(try await walk.instances().map(\.service) == ["web"])
            try await walk.apply(text("echo again >>/notes/all", 5))
            #expect(try await walk.lines("once/web").suffix(2) == ["migrated", "again"])
            try await walk.down("once")
            try await walk.end(next)
        }
    }

    @Test func `a run is begun by hand, stopped when its time is over, tried again, and remembered`()
        async throws
    {
        try await withWalk { walk in
            try await walk.importBusybox()
            let agent = try await walk.agent()
            try await walk.apply(
                """
                name: work
                jobs:
                  long: {image: "busybox:walk", schedule: "0 0 29 2 *", command: [sleep, "1000"], init: true}
                  slow: {image: "busybox:walk", schedule: "0 0 29 2 *", command: [sleep, "1000"], timeout: 1s, init: true}
                  bad: {image: "busybox:walk", schedule: "0 0 29 2 *", command: [sh, -c, "echo try; exit 4"], retries: 1, keep: 2}
                """
            )
            #expect(try await walk.instances().isEmpty)
            var all = try await walk.jobs()
            #expect(all.map(\.job) == ["bad", "long", "slow"])
            #expect(
                all.allSatisfy {
                    $0.next?.hasPrefix("20") == true && $0.next?.contains("-02-29T00:00:00") == true
                }
            )

            let begun = try await walk.martlet("jobs", "run", "work", "long")
            #expect(begun.code == 0 && begun.output.contains("work/long: run 1 has begun"), "\(begun)")
            try await walk.run("work", "long") { $0.startedAt != nil }
            let again = try await walk.martlet("jobs", "run", "work", "long")
            #expect(again.code == 1 && again.output.contains("run 1 goes on"), "\(again)")
            let instance = try #require(try await walk.instances().first)
            #expect(
                instance.service == "long" && instance.instance == 1 && instance.id.hasPrefix("work-long-1-")
            )
            #expect(
                try await walk.martlet("restart", with: ["work/long"]).output.contains("it is a run of a job")
            )
            #expect(try await walk.martlet("stop", with: ["work/long"]).code == 0)
            try await walk.run("work", "long") { $0.result == "stopped" }

            _ = try await walk.martlet("jobs", "run", "work", "slow")
            let slow = try await walk.run("work", "slow") { $0.endedAt != nil }
            #expect(slow.result == "timed-out" && slow.reason.contains("took longer than 1"))

            for _ in 0..<2 {
                _ = try await walk.martlet("jobs", "run", "work", "bad")
                try await walk.run("work", "bad") { $0.attempt == 2 && $0.endedAt != nil }
            }
            let runs = try await walk.runs("work", "bad")
            #expect(runs.map(\.run) == [4, 3] && runs.map(\.exitStatus) == [4, 4])
            #expect(runs.allSatisfy { $0.caller?.hasPrefix("uid 0") == true && $0.due == nil })
            // Two logs of two runs.
            #expect(try await walk.lines("work/bad") == ["try", "try"])
            #expect(try await walk.lines("work/bad/4") == ["try"])
            let shown = try await walk.martlet("jobs", "work", "bad")
            #expect(shown.output.contains("failed") && shown.output.contains("exited 4"), "\(shown)")
            #expect(try await walk.martlet("jobs", "work", "none").code == 1)
            all = try await walk.jobs()
            #expect(all.count == 3 && all.allSatisfy { $0.reason.isEmpty })
            #expect(try await walk.instances().isEmpty)
            try await walk.down("work")
            try await walk.end(agent)
        }
    }

    @Test func `a run that waits for a service is replaced by the next one`() async throws {
        try await withWalk { walk in
            try await walk.importBusybox()
            let agent = try await walk.agent()
            try Shell.run("mkdir -m 1777 \(walk.folder)/notes")
            try await walk.apply(
                """
                name: wait
                services:
                  gate:
                    image: busybox:walk
                    command: [sh, -c, "until [ -e /notes/open ]; do sleep 0.1; done"]
                    volumes: ["\(walk.folder)/notes:/notes"]
                    restart: "no"
                x-jobs:
                  late:
                    image: busybox:walk
                    command: [sh, -c, "echo ran >>/notes/all"]
                    schedule: "@yearly"
                    overlap: replace
                    volumes: ["\(walk.folder)/notes:/notes"]
                    depends_on: {gate: {condition: service_completed_successfully}}
                """
            )
            for number in 1...3 {
                let begun = try await walk.martlet("jobs", "run", "wait", "late")
                #expect(begun.code == 0 && begun.output.contains("run \(number) has begun"), "\(begun)")
            }
            try await walk.run("wait", "late") { $0.run == 3 && $0.result == "running" }
            let deadline = ContinuousClock.now + ForegroundRun.patience
            var results = try await walk.runs("wait", "late").map(\.result)
            while results != ["running", "replaced", "replaced"] {
                try #require(ContinuousClock.now < deadline, "\(results)")
                try await Task.sleep(for: .milliseconds(50))
                results = try await walk.runs("wait", "late").map(\.result)
            }
            // One that waits has no container, and is stopped by its job's name all the same.
            #expect(try await walk.instances().allSatisfy { $0.service != "late" })
            let stopped = try await walk.martlet("stop", "wait/late")
            #expect(stopped.code == 0, "\(stopped)")
            #expect(try await walk.runs("wait", "late").map(\.result).first == "stopped")
            #expect(try await walk.martlet("stop", "wait/late").code == 1)
            #expect(try await walk.martlet("jobs", "run", "wait", "late").code == 0)
            try Shell.run("touch \(walk.folder)/notes/open")
            try await walk.run("wait", "late") { $0.run == 4 && $0.result == "succeeded" }
            #expect(try Shell.run("cat \(walk.folder)/notes/all") == "ran\n")
            try await walk.down("wait")
            try await walk.end(agent)
        }
    }

    @Test func `an occurrence runs once, though the agent is killed while it does`() async throws {
        try await withWalk { walk in
            try await walk.importBusybox()
            var agent = try await walk.agent()
            try Shell.run("mkdir -m 1777 \(walk.folder)/notes")
            try await walk.apply(
                """
                name: cron
                x-jobs:
                  tick:
                    image: busybox:walk
                    command: [sh, -c, "echo tick >>/notes/all; sleep 3; echo end"]
                    schedule: "* * * * *"
                    volumes: ["\(walk.folder)/notes:/notes"]
                  elsewhere: {image: "busybox:walk", schedule: "@yearly", time_zone: Etc/GMT+5}
                """
            )
            let unknown = try await walk.martlet(
                "apply",
                with: [
                    "--wait",
                    try walk.file(
                        "name: b\njobs: {j: {image: \"busybox:walk\", schedule: \"@daily\", time_zone: Europe/Berln}}",
                        "b.yaml"
                    ),
                ]
            )
            #expect(unknown.code == 1 && unknown.output.contains("does not know Europe/Berln"), "\(unknown)")
            #expect(unknown.output.contains("x-jobs.j.time_zone"), "\(unknown)")
            let first = try await walk.run("cron", "tick") { $0.startedAt != nil }
            let pids = try await walk.pids()
            kill(agent.pid, SIGKILL)
            _ = try await agent.exit()
            agent = try await walk.agent()
            let ended = try await walk.run("cron", "tick") { $0.endedAt != nil }
            #expect(ended.run == 1 && ended.result == "succeeded" && ended.due == first.due)
            #expect(ended.startedAt == first.startedAt && pids.count == 1)
            #expect(ended.due?.hasSuffix(":00.000Z") == true)
            #expect(try Shell.run("cat \(walk.folder)/notes/all") == "tick\n")
            #expect(try await walk.lines("cron/tick") == ["end"])
            let elsewhere = try #require(try await walk.jobs().first { $0.job == "elsewhere" })
            #expect(elsewhere.next?.contains("-01-01T05:00:00.000Z") == true)
            try await walk.down("cron")
            try await walk.end(agent)
        }
    }

    @Test
    func `occurrences run beside each other, take each other's place, or are left out, as the job says`()
        async throws
    {
        try await withWalk { walk in
            try await walk.importBusybox()
            let agent = try await walk.agent()
            let job =
                "image: \"busybox:walk\", schedule: \"* * * * *\", command: [sleep, \"1000\"], init: true"
            try await walk.apply(
                """
                name: cron
                x-jobs:
                  beside: {\(job), overlap: allow}
                  instead: {\(job), overlap: replace}
                  alone: {\(job)}
                """
            )
            // One run of each is begun by hand, unless the clock was faster; another minute may begin at any time.
            for name in ["beside", "instead", "alone"] {
                _ = try await walk.martlet("jobs", "run", "cron", name)
                try await walk.run("cron", name) { $0.startedAt != nil }
            }
            let first = try await walk.pids()
            for name in ["beside", "instead"] {
                let next = try await walk.run("cron", name) {
                    $0.run >= 2 && $0.due != nil && $0.startedAt != nil
                }
                #expect(next.caller == nil)
            }
            let deadline = ContinuousClock.now + ForegroundRun.patience
            while try await Self.events(walk, "missed").isEmpty {
                try #require(ContinuousClock.now < deadline, "\(agent.shown)")
                try await Task.sleep(for: .milliseconds(100))
            }
            #expect(try await Self.events(walk, "missed").allSatisfy { $0.service == "alone" })

            let second = try await walk.pids()
            func runs(_ name: String, in pids: [String: Int32]) -> [String: Int32] {
                pids.filter { $0.key.hasPrefix("cron-\(name)-") }
            }
            let beside = try await walk.runs("cron", "beside")
            #expect(beside.allSatisfy { $0.result == "running" && $0.endedAt == nil }, "\(beside)")
            #expect(runs("beside", in: second).count >= 2)
            #expect(runs("beside", in: first).allSatisfy { second[$0.key] == $0.value })
            #expect(
                runs("alone", in: second) == runs("alone", in: first) && runs("alone", in: first).count == 1
            )
            #expect(try await walk.runs("cron", "alone").map(\.run) == [1])

            // What made room had ended before the next began; the last one runs alone.
            let instead = try await walk.runs("cron", "instead")
            #expect(runs("instead", in: second).count <= 1)
            for (new, old) in zip(instead, instead.dropFirst()) where new.startedAt != nil {
                #expect(old.result == "replaced", "\(instead)")
                #expect(try #require(old.endedAt) <= #require(new.startedAt), "\(instead)")
            }
            try await walk.down("cron")
            #expect(try await walk.pids().isEmpty)
            try await walk.end(agent)
        }
    }
}

extension Walk {
    /// What `martlet jobs --json` tells.
    func jobs(_ arguments: String...) async throws -> [JobStatus] {
        let result = try await martlet("jobs", "list", with: ["--json"] + arguments)
        try #require(result.code == 0, "\(result.output)")
        return try JSONDecoder().decode([JobStatus].self, from: Data(result.output.utf8))
    }

    /// The runs of a job, the last one first.
    func runs(_ app: String, _ job: String) async throws -> [RunStatus] {
        try await jobs(app, job).flatMap(\.runs)
    }

    /// Waits until the last run of a job is as told.
    @discardableResult
    func run(_ app: String, _ job: String, _ isSo: (RunStatus) -> Bool) async throws -> RunStatus {
        let deadline = ContinuousClock.now + ForegroundRun.patience
        while true {
            let last = try await runs(app, job).first
            if let last, isSo(last) { return last }
            try #require(ContinuousClock.now < deadline, "\(app)/\(job): \(last as Any)")
            try await Task.sleep(for: .milliseconds(100))
        }
    }
}
