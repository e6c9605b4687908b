// SPDX-License-Identifier: Apache-2.0
internal import Control
internal import TestKit
internal import Testing

/// `history`, `rollback` and `retry`.
@Suite struct GenerationVerbTests {
    private static func generation(_ number: Int, _ result: String, _ reason: String = "") -> GenerationStatus
    {
        GenerationStatus(
            number: number,
            digest: "sha256:0123456789abcdef\(number)",
            images: ["web": "sha256:00"],
            source: "push",
            caller: "uid 0 pid 7",
            acceptedAt: "",
            result: result,
            reason: reason
        )
    }

    @Test func `history is a table or an array, the newest first`() async throws {
        let all = [
            Self.generation(12, "rolled-back", "clickme/web/1 exited 3\u{1b}"), Self.generation(9, "current"),
        ]
        try await withFakeAgent(answer: { try $0.answer(json(all)) }) { agent in
            let people = try Command(["history", "clickme"], agent)
            #expect(
                people.output == #"""
                    GENERATION  RESULT       AGE  DIGEST               SOURCE  CALLER       REASON
                            12  rolled-back    -  sha256:0123456789ab  push    uid 0 pid 7  clickme/web/1 exited 3\x1b
                             9  current        -  sha256:0123456789ab  push    uid 0 pid 7  -

                    """#,
                "\(people)"
            )
            let programs = try Command(["history", "clickme", "--json"], agent)
            #expect(programs.output.hasPrefix(#"[{"accepted_at":"","caller":"#), "\(programs)")
            let request = "GET /v1/apps/clickme/generations HTTP/1.1"
            #expect(people.code == 0 && agent.requests == [request, request])
        }
    }

    @Test(arguments: [
        (["rollback", "clickme"], "rollback"), (["rollback", "--to", "7", "clickme"], "rollback?to=7"),
        (["retry", "clickme"], "retry"),
    ])
    func `what is asked for is accepted`(_ arguments: [String], _ request: String) async throws {
        try await withFakeAgent(answer: { try $0.answer(lines([ApplyTests.progress(.accepted)])) }) { agent in
            let run = try Command(arguments, agent)
            #expect(run.output == "clickme: accepted as generation 4\n" && run.code == 0, "\(run)")
            #expect(agent.requests == ["POST /v1/apps/clickme/\(request) HTTP/1.1"])
        }
    }

    @Test(arguments: ["rollback", "retry"])
    func `one that is waited for and returns is a failure`(_ verb: String) async throws {
        let told = ApplyTests.steps + [ApplyTests.progress(.rolledBack, 1, "generation 5 failed: it ended")]
        try await withFakeAgent(answer: { try $0.answer(lines(told)) }) { agent in
            let run = try Command([verb, "--wait", "clickme"], agent)
            #expect(
                run.complaint
                    == "martlet: clickme: generation 5 failed: it ended: see `martlet history clickme`\n"
            )
            #expect(run.code == 1 && agent.requests == ["POST /v1/apps/clickme/\(verb)?wait=1 HTTP/1.1"])
        }
    }

    @Test func `the last lines of what failed stand below their event`() async throws {
        let event = EventRecord(
            time: "2026-01-02T03:04:05.678Z",
            kind: "rolled-back",
            app: "a",
            service: "web",
            instance: 1,
            reason: "generation 2 failed",
            details: ["one", "t\u{1b}wo"]
        )
        try await withFakeAgent(answer: { try $0.answer(lines([event])) }) { agent in
            let run = try Command(["events", "--no-follow"], agent)
            #expect(
                run.output == #"""
                    2026-01-02T03:04:05.678Z  rolled-back  a/web/1                   generation 2 failed
                        | one
                        | t\x1bwo

                    """#
            )
        }
    }
}
