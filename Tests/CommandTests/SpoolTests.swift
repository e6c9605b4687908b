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
        try Self.write("one\nthree\n", to: "\(logs)/a/web/1/x", at: 1)
        try Self.write("two\n", to: "\(logs)/a/redis/12/y", at: 2)
        for (target, shown) in [
            ([], "web.1    | one\nweb.1    | three\nredis.12 | two\n"),
            (["--tail", "1", "a/web"], "web.1 | three\n"),
            (["a/redis/12"], "redis.12 | two\n"),
            (
                ["--json", "a/redis"],
                #"{"app":"a","instance":12,"line":"two","seq":1,"service":"redis","stream":"stdout","time":2}"#
                    + "\n"
            ),
        ] {
            let run = try Command(["logs"] + target, agent, environment: "MARTLET_STATE_DIR=")
            #expect(run.output == shown && run.code == 0, "\(run)")
            #expect(run.complaint.hasSuffix("martlet.sock: these lines are from \(logs)\n"))
        }
        for target in ["a/web/2", "b", "a/none"] {
            let run = try Command(["logs", target], agent, environment: "MARTLET_STATE_DIR=")
            #expect(run.complaint.hasPrefix(VerbTests.silence) && run.output == "" && run.code == 1, "\(run)")
        }
        try agent.end()
    }
}
