// SPDX-License-Identifier: Apache-2.0
internal import Logs
internal import TestKit
internal import Testing

/// `logs` where no agent answers.
@Suite struct SpoolTests {
    private static func write(_ text: String, to path: String, at time: UInt64) throws {
        try Shell.run("mkdir -p \(path)")
        try Array(text.utf8).withUnsafeBytes { bytes in
            try Spool(path).append(bytes, from: .stdout, time: time, with: BlockEncoder(capacity: 4096))
        }
    }

    @Test func `the spools of the agent that was here last are read`() async throws {
        // Its folder alone is wanted: nobody listens there.
        let agent = try FakeAgent { _ in }
        try Shell.run("rm \(agent.runtime)/martlet.sock; ln -s \(agent.runtime)/old \(agent.runtime)/state")
        let logs = "\(agent.runtime)/old/logs"
        try Self.write("one\nthree\n", to: "\(logs)/a/web/1/x", at: 1_000_000_000)
        try Self.write("two\n", to: "\(logs)/a/redis/12/y", at: 2_000_000_000)
        for (target, shown) in [
            ([], "web.1    | one\nweb.1    | three\nredis.12 | two\n"),
            (["--tail", "1", "a/web"], "web.1 | three\n"),
            (["a/redis/12"], "redis.12 | two\n"),
            (["--since", "1970-01-01T00:00:02Z"], "redis.12 | two\n"),
            (["--until", "1970-01-01T00:00:01Z"], "web.1    | one\nweb.1    | three\n"),
            (["--since", "1m"], ""),
            (["--grep", "^t(w|hre)+[eo]+$", "--no-color"], "web.1    | three\nredis.12 | two\n"),
            (
                ["--json", "a/redis"],
                #"{"app":"a","instance":12,"line":"two","seq":1,"service":"redis","stream":"stdout","time":2000000000}"#
                    + "\n"
            ),
        ] {
            let run = try Command(["logs"] + target, agent, environment: "MARTLET_STATE_DIR=")
            #expect(run.output == shown && run.code == 0, "\(run)")
            #expect(run.complaint.hasSuffix("martlet.sock: these lines are from \(logs)\n"))
        }
        for (words, complaint) in [
            (["--grep", "(one"], "--grep: '(' without ')'"),
            (["-f", "--until", "1m"], "--until: what is followed has no end"),
            (["--since", "yesterday"], "'yesterday' is invalid for '--since <since>'"),
        ] {
            let run = try Command(["logs"] + words, agent, environment: "MARTLET_STATE_DIR=")
            #expect(run.complaint.contains(complaint) && run.output == "" && run.code == 2, "\(run)")
        }
        for target in ["a/web/2", "b", "a/none"] {
            let run = try Command(["logs", target], agent, environment: "MARTLET_STATE_DIR=")
            #expect(run.complaint.hasPrefix(VerbTests.silence) && run.output == "" && run.code == 1, "\(run)")
        }
        try agent.end()
    }
}
