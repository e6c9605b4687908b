// SPDX-License-Identifier: Apache-2.0
internal import Control
internal import Glibc
internal import TestKit
internal import Testing

/// Each verb as a process, against an agent that answers as it is told.
@Suite struct VerbTests {
    static let silence = "martlet: agent: no agent answers at "

    static func instance(_ service: String, state: String = "running", startedAt: String? = nil)
        -> InstanceStatus
    {
        InstanceStatus(
            app: "clickme",
            service: service,
            instance: 1,
            id: "0123",
            pid: 42,
            state: state,
            health: state == "running" ? "healthy" : "none",
            image: "clickme/\(service):1",
            digest: "sha256:00",
            restarts: 2,
            generation: 3,
            startedAt: startedAt,
            exitStatus: state == "exited" ? 137 : nil,
            ports: service == "web" ? ["127.0.0.1:8080->80/tcp"] : []
        )
    }

    static let table = """
        INSTANCE         STATE         HEALTH   RESTARTS  AGE  IMAGE            PORTS
        clickme/redis/1  exited (137)  -               2    -  clickme/redis:1  -
        clickme/web/1    running       healthy         2    -  clickme/web:1    127.0.0.1:8080->80/tcp

        """

    @Test(
        arguments: [
            (["ps"], "GET /v1/instances"), (["ps", "clickme"], "GET /v1/instances?app=clickme"),
            (["stop", "clickme"], "POST /v1/apps/clickme/stop"),
            (["start", "clickme/web"], "POST /v1/apps/clickme/start?service=web"),
            (["restart", "clickme/web/2"], "POST /v1/apps/clickme/restart?service=web&instance=2"),
        ]
    )
    func `containers are listed as a table and as JSON`(_ arguments: [String], _ request: String) async throws
    {
        let list = [Self.instance("web"), Self.instance("redis", state: "exited")]
        try await withFakeAgent(answer: { try $0.answer(json(list)) }) { agent in
            let people = try Command(arguments, agent)
            #expect(people.output == Self.table && people.complaint == "" && people.code == 0)
            let programs = try Command(arguments + ["--json"], agent)
            #expect(
                programs.output.hasPrefix(#"[{"app":"clickme","checks":[],"digest":"sha256:00","drift":[],"#),
                "\(programs)"
            )
            #expect(programs.complaint == "" && programs.code == 0)
            #expect(agent.requests == [String](repeating: "\(request) HTTP/1.1", count: 2))
        }
    }

    @Test(
        arguments: [
            ["ps"], ["status"], ["stats"], ["events"], ["logs"], ["stop", "a"], ["start", "a"],
            ["restart", "a"],
            ["down", "a"], ["exec", "a/b", "--", "true"], ["plan", "Config/examples/clickme/compose.yaml"],
            ["apply", "Config/examples/clickme/compose.yaml"],
        ]
    )
    func `without an agent every verb says how to get one`(_ arguments: [String]) throws {
        let run = try Command(arguments)
        #expect(run.complaint.hasPrefix(Self.silence) && run.complaint.count(of: "\n") == 1, "\(run)")
        #expect(run.complaint.hasSuffix(": start `martlet agent`, or give --runtime-dir\n"))
        #expect(run.output == "" && run.code == 1)
        guard arguments[0] != "exec" else { return }
        let programs = try Command(arguments + ["--json"])
        #expect(
            programs.output.hasPrefix(#"{"error":{"code":"unreachable","#) && programs.code == 1,
            "\(programs)"
        )
        #expect(programs.complaint == "")
    }

    @Test(
        arguments: [
            (["frob"], "command line: "), (["ps", "--frob"], "ps: "), (["apply"], "apply: "),
            (["stop", "a/b/c"], "stop: "), (["events", "--since", "5"], "events: "),
            (["logs", "--tail", "-1"], "logs: "),
            (["exec", "a", "--", "ls"], "exec: "), (["exec", "a/b"], "exec: "),
            (["exec", "-t", "a/b", "--", "ls"], "exec: -t: not supported yet"),
            (["exec", "-e", "A", "a/b", "--", "ls"], "exec: -e: 'A' is not NAME=VALUE"),
        ]
    )
    func `wrong usage is one line and code 2`(_ arguments: [String], _ beginning: String) throws {
        let run = try Command(arguments)
        #expect(run.code == 2 && run.output == "", "\(run)")
        #expect(
            run.complaint.hasPrefix("martlet: \(beginning)") && run.complaint.count(of: "\n") == 1,
            "\(run)"
        )
        #expect(run.complaint.hasSuffix("--help`\n"))
    }

    @Test func `wrong usage is JSON where JSON was asked for`() throws {
        let run = try Command(["ps", "--json", "--frob"])
        #expect(run.code == 2 && run.complaint == "")
        #expect(
            run.output.hasPrefix(
                #"{"error":{"code":"invalid","problems":[],"remedy":"see `martlet ps --help`""#
            )
        )
    }

    @Test(
        arguments: [
            (ControlError(.invalid, "a", "w", "r"), "400 Bad Request", 2),
            (ControlError(.absent, "a", "w", "r"), "404 Not Found", 1),
            (ControlError(.conflict, "a", "w", "r"), "409 Conflict", 1),
            (ControlError(.failed, "a", "w\u{1b}[2J\nx", "r"), "500 Internal Server Error", 1),
        ] as [(ControlError, String, Int32)]
    )
    func `a refusal is one harmless line or JSON`(_ error: ControlError, _ status: String, _ code: Int32)
        async throws
    {
        try await withFakeAgent(answer: { try $0.answer(json(ControlErrorReply(error)), status: status) }) {
            agent in
            let people = try Command(["status"], agent)
            let what = error.code == .failed ? #"w\x1b[2J x"# : "w"
            #expect(
                people.complaint == "martlet: a: \(what): r\n" && people.output == "" && people.code == code
            )
            let programs = try Command(["status", "--json"], agent)
            #expect(
                programs.output.hasPrefix(#"{"error":{"code":"\#(error.code)","#) && programs.code == code
            )
            #expect(programs.complaint == "")
        }
    }

    @Test func `the status names node, apps and what is wrong`() async throws {
        let service = ServiceStatus(
            name: "web",
            desired: 2,
            running: 2,
            ready: 1,
            image: "clickme/web:1",
            digest: "sha256:00"
        )
        let app = AppStatus(
            name: "clickme",
            generation: 3,
            digest: "sha256:00",
            source: "api",
            acceptedAt: "unknown",
            state: "converging",
            reason: "waits for web",
            services: [service]
        )
        let status = NodeStatus(
            node: "alpha",
            generation: 3,
            version: "0.2.0",
            pid: 7,
            keeper: 6,
            apps: [app],
            volumes: [VolumeStatus(app: "clickme", name: "data")],
            conditions: ["no swap accounting"]
        )
        try await withFakeAgent(answer: { try $0.answer(json(status)) }) { agent in
            let run = try Command(["status"], agent)
            #expect(
                run.output == """
                    node       alpha, generation 3
                    agent      0.2.0, pid 7
                    keeper     pid 6
                    volumes    clickme/data
                    condition  no swap accounting

                    APP      STATE       READY  GENERATION  AGE  SOURCE  REASON
                    clickme  converging    1/2           3    -  api     waits for web
                      web    -             1/2           -    -  -       clickme/web:1

                    """
            )
            #expect(run.code == 0)
        }
    }

    @Test func `the version of this program needs no agent`() async throws {
        let alone = try Command(["version"])
        #expect(
            alone.output.hasPrefix(
                "martlet  \(VersionReply.current) (API 1, format 1)\nagent    no agent answers at "
            )
        )
        #expect(alone.code == 0 && alone.complaint == "")
        #expect(
            try Command(["version", "--json"]).output
                == #"{"client":{"api":1,"format":1,"version":"\#(VersionReply.current)"}}"# + "\n"
        )
        try await withFakeAgent(answer: { try $0.answer(json(VersionReply(version: "9.9", format: 4))) }) {
            agent in
            let run = try Command(["version"], agent)
            #expect(run.output.hasSuffix("\nagent    9.9 (API 1, format 4)\n"))
        }
    }

    @Test func `events come one a line`() async throws {
        let events = [
            EventRecord(
                time: "2026-01-02T03:04:05.678Z",
                kind: "exited",
                app: "a",
                service: "web",
                instance: 1,
                reason: "137"
            ),
            EventRecord(
                time: "2026-01-02T03:04:06.000Z",
                kind: "adopted",
                app: nil,
                service: nil,
                instance: nil,
                reason: ""
            ),
        ]
        try await withFakeAgent(answer: { try $0.answer(lines(events)) }) { agent in
            let run = try Command(["events", "--since", "10m", "--no-follow"], agent)
            #expect(
                run.output == """
                    2026-01-02T03:04:05.678Z  exited       a/web/1                   137
                    2026-01-02T03:04:06.000Z  adopted      node

                    """
            )
            let programs = try Command(["events", "--json"], agent)
            #expect(programs.output.hasPrefix(#"{"app":"a","instance":1,"kind":"exited","#), "\(programs)")
            #expect(
                agent.requests == ["GET /v1/events?since=600 HTTP/1.1", "GET /v1/events?follow=1 HTTP/1.1"]
            )
        }
    }

    @Test func `a stream ends when nobody reads it any more`() async throws {
        try await withFakeAgent(answer: { exchange in
            try exchange.begin()
            let event = EventRecord(
                time: "t",
                kind: "step",
                app: "a",
                service: nil,
                instance: nil,
                reason: "r"
            )
            while true {
                try exchange.chunk(lines([event]))
                usleep(1_000)
            }
        }) { agent in
            let begin = ContinuousClock.now
            let text = try Shell.run(
                "MARTLET_RUNTIME_DIR=\(agent.runtime) timeout 60 \(Command.program) events | head -n 1"
            )
            #expect(ContinuousClock.now - begin < .seconds(30))
            #expect(text.count(of: "\n") == 1)
        }
    }

    @Test func `stats show a rate from two readings`() async throws {
        var reading = InstanceStats(app: "a", service: "web", instance: 1, id: "x", time: 9)
        (reading.cpuTime, reading.memory, reading.pids) = (5, 1 << 20, 2)
        try await withFakeAgent(answer: { [reading] in try $0.answer(json([reading])) }) { agent in
            let run = try Command(["stats", "a"], agent)
            #expect(
                run.output == """
                    INSTANCE  CPU  CPUS  THROTTLED    MEMORY  PEAK  LIMIT  USED  HITS  OOM  PIDS  HITS  READ  WRITTEN
                    a/web/1     -     -          0  1.00 MiB     -      -     -     0    0     2     0     -        -

                    """
            )
            #expect(agent.requests.count == 2)
            #expect(try Command(["stats", "--json"], agent).output.hasPrefix(#"[{"app":"a","cpu_ns":5,"#))
            #expect(agent.requests.count == 3)
        }
    }
}
