// SPDX-License-Identifier: Apache-2.0
internal import Control
internal import Glibc
internal import TestKit
internal import Testing

/// The verbs that take a desired state, and `down`.
@Suite struct ApplyTests {
    static let file = "Config/examples/clickme/compose.yaml"

    static func progress(_ kind: ApplyProgress.Kind, _ done: Int = 0, _ reason: String = "") -> ApplyProgress
    {
        ApplyProgress(
            kind: kind,
            app: "clickme",
            generation: 4,
            digest: "sha256:00",
            done: done,
            total: 2,
            reason: reason
        )
    }

    static let steps = [
        progress(.accepted), progress(.step, 0, "create network clickme/default"),
        progress(.step, 1, "start clickme/web/1"),
    ]

    @Test(
        arguments: [
            ([], "clickme: accepted as generation 4\n", "", 0),
            (
                [progress(.converged, 2)],
                """
                clickme: 1/2 create network clickme/default
                clickme: 2/2 start clickme/web/1
                clickme: converged on generation 4

                """, "", 0
            ),
            (
                [progress(.failed, 1, "start clickme/web/1: it ended")],
                """
                clickme: 1/2 create network clickme/default
                clickme: 2/2 start clickme/web/1

                """, "martlet: clickme: start clickme/web/1: it ended: see `martlet ps clickme`\n", 1
            ),
            (
                [progress(.superseded, 1)],
                """
                clickme: 1/2 create network clickme/default
                clickme: 2/2 start clickme/web/1

                """,
                "martlet: clickme: another desired state took the place of generation 4: see `martlet status`\n",
                1
            ),
        ] as [([ApplyProgress], String, String, Int32)]
    )
    func `apply tells its outcome`(
        _ end: [ApplyProgress],
        _ output: String,
        _ complaint: String,
        _ code: Int32
    ) async throws {
        let told = end.isEmpty ? [Self.steps[0]] : Self.steps + end
        try await withFakeAgent(answer: { try $0.answer(lines(told)) }) { agent in
            let run = try Command(
                ["apply", Self.file, "--plan", "p1"] + (end.isEmpty ? [] : ["--wait"]),
                agent
            )
            #expect(run.output == output && run.complaint == complaint && run.code == code, "\(run)")
            #expect(
                agent.requests == ["PUT /v1/apps/clickme?\(end.isEmpty ? "" : "wait=1&")plan=p1 HTTP/1.1"]
            )
            #expect(agent.sent[0].contains("clickme"))
            let programs = try Command(
                ["apply", Self.file, "--json"] + (end.isEmpty ? [] : ["--wait"]),
                agent
            )
            #expect(
                programs.output.hasPrefix(#"{"app":"clickme","digest":"sha256:00","done":0,"#),
                "\(programs)"
            )
            #expect(programs.output.count(of: "\n") == told.count + Int(code) && programs.code == code)
            #expect(programs.output.contains(#"{"error":{"#) == (code == 1) && programs.complaint == "")
        }
    }

    @Test func `a generation that is expected goes along`() async throws {
        try await withFakeAgent(answer: { try $0.answer(lines([Self.steps[0]])) }) { agent in
            let runs = [
                try Command(["apply", "--if-generation", "3", Self.file], agent),
                try Command(["apply", Self.file], agent),
            ]
            #expect(runs.map(\.code) == [0, 0], "\(runs)")
            #expect(agent.fields[0].contains(#"if-match: "3""#), "\(agent.fields)")
            #expect(!agent.fields[1].contains { $0.contains("if-match") })
        }
    }

    /// The plainest command lines have a reader of their own: what it takes must mean what the parser makes of it.
    @Test(
        arguments: [
            ["FILE"], ["--wait", "FILE"], ["FILE", "--json", "--wait"], ["--runtime-dir", "AGENT", "FILE"],
            ["--runtime-dir", "none", "--wait", "FILE"], ["FILE", "FILE"], ["nowhere.yaml"],
            ["0123456789abcdef"],
            ["FILE", "--runtime-dir", "--wait"], ["--wait", "--wait", "FILE"], ["FILE", "--runtime-dir"],
            ["--nonsense", "FILE"], ["--", "FILE"], [], ["-h"],
        ]
    )
    func `a plain command line means what it means among others`(_ words: [String]) async throws {
        try await withFakeAgent(answer: {
            try $0.answer(lines(Self.steps + [Self.progress(.converged, 2)]))
        }) { agent in
            let words = words.map { $0 == "FILE" ? Self.file : $0 == "AGENT" ? agent.runtime : $0 }
            let plain = try Command(["apply"] + words, agent)
            // An option that changes nothing is for the parser alone.
            let parsed = try Command(["apply", "--profile", "none"] + words, agent)
            #expect((plain.code, plain.output) == (parsed.code, parsed.output), "\(plain) \(parsed)")
            #expect(plain.complaint == parsed.complaint)
            #expect(agent.requests.count % 2 == 0 && agent.sent.count == agent.requests.count)
            let half = agent.requests.count / 2
            #expect(agent.requests.prefix(half).elementsEqual(agent.requests.suffix(half)))
            #expect(agent.sent.prefix(half).elementsEqual(agent.sent.suffix(half)))
        }
    }

    @Test func `an apply whose answer ends early has failed`() async throws {
        try await withFakeAgent(answer: { try $0.answer(lines(Self.steps)) }) { agent in
            let run = try Command(["apply", "--wait", Self.file], agent)
            #expect(
                run.complaint == "martlet: agent: its answer ends without an outcome: see `martlet status`\n"
            )
            #expect(run.code == 1)
        }
    }

    @Test func `problems that the agent finds are one line each`() async throws {
        let refusal = ControlError(
            .invalid,
            "clickme",
            "2 problems",
            problems: [
                .init(
                    file: "",
                    line: 0,
                    column: 0,
                    path: "services.web.image",
                    what: "not here",
                    remedy: "import it"
                ),
                .init(file: "c.yaml", line: 3, column: 5, path: "name", what: "taken", remedy: ""),
            ]
        )
        try await withFakeAgent(answer: { exchange in
            try exchange.answer(json(ControlErrorReply(refusal)), status: "400 Bad Request")
        }) { agent in
            for verb in ["plan", "apply"] {
                let run = try Command([verb, Self.file], agent)
                #expect(
                    run.complaint == """
                        martlet: \(Self.file):8:5: services.web.image: not here: import it
                        martlet: c.yaml:3:5: name: taken

                        """
                )
                #expect(run.code == 2 && run.output == "")
            }
        }
    }

    @Test func `a plan lists its steps with their causes`() async throws {
        let plan = PlanReply(
            app: "clickme",
            id: "p7",
            digest: "sha256:00",
            steps: [
                .init(action: "replace clickme/web/1", reason: "services.web.image changed"),
                .init(action: "stop clickme/redis/2", reason: "services.redis.deploy.replicas changed"),
            ]
        )
        try await withFakeAgent(answer: { try $0.answer(json(plan)) }) { agent in
            let run = try Command(["plan", Self.file], agent)
            #expect(
                run.output == """
                    STEP                   REASON
                    replace clickme/web/1  services.web.image changed
                    stop clickme/redis/2   services.redis.deploy.replicas changed
                    plan p7: `martlet apply \(Self.file) --plan p7` does this and no more

                    """
            )
            #expect(agent.requests == ["POST /v1/apps/clickme/plan HTTP/1.1"] && run.code == 0)
            #expect(
                try Command(["plan", "--json", Self.file], agent).output.hasPrefix(#"{"app":"clickme","#)
            )
        }
        let nothing = PlanReply(app: "clickme", id: "p8", digest: "sha256:00", steps: [])
        try await withFakeAgent(answer: { try $0.answer(json(nothing)) }) { agent in
            let run = try Command(["plan", Self.file], agent)
            #expect(run.output == "clickme: nothing would change\n")
        }
    }

    @Test func `down takes apps away one after the other and ends at the first failure`() async throws {
        try await withFakeAgent(answer: { exchange in
            var end = Self.progress(exchange.target.hasSuffix("b") ? .failed : .removed, 2, "busy")
            end.app = String(exchange.target.suffix(1))
            try exchange.answer(lines([Self.progress(.step, 0, "stop clickme/web/1"), end]))
        }) { agent in
            let run = try Command(["down", "a", "b", "c"], agent)
            #expect(
                run.output == "clickme: 1/2 stop clickme/web/1\na: removed\nclickme: 1/2 stop clickme/web/1\n"
            )
            #expect(run.complaint == "martlet: b: busy: see `martlet ps b`\n" && run.code == 1)
            #expect(agent.requests.map { $0.prefix(17) } == ["DELETE /v1/apps/a", "DELETE /v1/apps/b"])
        }
    }

    @Test(arguments: [["down", "a"], ["clone", "--snapshot", "s", "a/web", "b"]])
    func `what waits for another change is waited for`(_ arguments: [String]) async throws {
        try await withFakeAgent(answer: { exchange in
            if exchange.requestLine.hasPrefix("GET /v1/apps ") { return try exchange.answer("[]") }
            if exchange.requestLine.hasPrefix("GET ") {
                return try exchange.answer(#"{"services":{"web":{"image":"a"}}}"#)
            }
            usleep(10_500_000)  // longer than any other answer may take
            try exchange.answer(lines([Self.progress(.removed, 2)]))
        }) { agent in
            let run = try Command(arguments, agent)
            #expect(run.code == 0, "\(run)")
        }
    }

    @Test func `an invalid file is a line a problem, or JSON, and code 2`() throws {
        let folder = "/var/tmp/martlet-test-\(getpid())-invalid"
        try Shell.run(
            "mkdir -p \(folder) && printf 'name: a\\nservices:\\n  web:\\n    imago: x\\n' >\(folder)/a.yaml"
        )
        defer { _ = try? Shell.run("rm -rf \(folder)") }
        for verb in ["validate", "config", "plan", "apply"] {
            let run = try Command([verb, "\(folder)/a.yaml"])
            let told = run.complaint.split(separator: "\n")
            #expect(run.code == 2 && run.output == "" && told.count >= 2, "\(run)")
            #expect(told.allSatisfy { $0.hasPrefix("martlet: \(folder)/a.yaml:") }, "\(run)")
            let programs = try Command([verb, "--json", "\(folder)/a.yaml"])
            #expect(programs.code == 2 && programs.complaint == "")
            #expect(
                programs.output.hasPrefix(#"{"error":{"code":"invalid","problems":[{"column":"#),
                "\(programs)"
            )
        }
        let absent = try Command(["validate", "\(folder)/b.yaml"])
        #expect(
            absent.complaint == "martlet: \(folder)/b.yaml:1:1: the file does not exist\n" && absent.code == 2
        )
    }

    @Test func `a valid file is said to be so, and its model printed`() throws {
        let run = try Command(["validate", Self.file])
        #expect(run.output == "\(Self.file): valid: app clickme, 2 services\n" && run.code == 0)
        #expect(
            try Command(["validate", "--json", Self.file]).output
                == #"{"app":"clickme","services":["redis","web"]}"# + "\n"
        )
        #expect(try Command(["config", Self.file]).output.hasPrefix("name: clickme\n"))
    }
}
