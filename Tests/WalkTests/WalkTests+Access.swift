// SPDX-License-Identifier: Apache-2.0
internal import Control
internal import FoundationEssentials
internal import Glibc
internal import Linux
internal import TestKit
internal import Testing

/// Who may ask an agent for what.
extension WalkTests {
    @Test func `by TLS a certificate gives its role, and one that is not right gives none`() async throws {
        try await withWalk { walk in
            let bench = try APIBench(walk)
            for (name, subject) in [
                ("viewer", "/OU=viewers/CN=anna"), ("ci", "/CN=ci"), ("ops", "/OU=ops/CN=eve"),
                ("stranger", "/CN=stranger OU=ops, signed by team"), ("lost", "/CN=ci"),
            ] { try bench.client(name, subject: subject) }
            try bench.client("server-only", subject: "/CN=ci", usage: "serverAuth")
            try bench.client("unused", subject: "/CN=ci", usage: nil)
            try bench.client("old", subject: "/CN=ci", until: "20210101000000Z")
            try bench.client("early", subject: "/CN=ci", from: "20590101000000Z")
            let others = try TestAuthority(in: "\(walk.folder)/others")
            try others.certify("wrong")
            try bench.writeRevocations(of: "lost")
            let agent = try await bench.agent(
                "  roles: { read: [OU=viewers], deploy: [CN=ci], admin: [OU=ops] }",
                tls: ", client_ca: \(bench.authority.certificate), crl: \(bench.folder)/crl.pem"
            )
            // Not even a connection.
            for proof in [
                "", bench.proof("server-only"), bench.proof("unused"), bench.proof("old"),
                bench.proof("early"),
                bench.proof("lost"), bench.proof("server"),
                "--cert \(others.folder)/wrong.pem --key \(others.folder)/wrong.key",
            ] {
                #expect(try bench.ask("/v1/status", proof).status == 0, "\(proof)")
            }
            let file = try walk.file("name: one\nservices: { a: { image: 'none:1' } }\n")
            for (name, read, deploy, admin) in [
                ("viewer", 200, 403, 403), ("ci", 200, 200, 403), ("ops", 200, 200, 200),
                ("stranger", 403, 403, 403),
            ] {
                let proof = bench.proof(name)
                #expect(try bench.ask("/v1/status", proof).status == read, "\(name)")
                // Who may is told what is wrong with it.
                let put = try bench.ask("/v1/apps/two", "\(proof) -X PUT --data-binary @\(file)")
                #expect(put.status == (deploy == 200 ? 400 : 403), "\(name): \(put)")
                #expect(try bench.ask("/v1/audit", proof).status == admin, "\(name)")
                #expect(try bench.ask("/healthz", proof).status == 200)
            }
            // No name passes for more than it is.
            let audit = try await walk.martlet("audit", with: ["--json"]).output.split(separator: "\n")
                .map { try JSONDecoder().decode(AuditRecord.self, from: Data($0.utf8)) }
            let callers = Set(audit.map(\.caller).filter { $0.hasPrefix("certificate") })
            #expect(
                callers == [
                    "certificate CN=anna,OU=viewers", "certificate CN=ci", "certificate CN=eve,OU=ops",
                    #"certificate CN=stranger OU\=ops\, signed by team"#,
                ]
            )
            // What was revoked or replaced since is known without a restart.
            #expect(try bench.ask("/v1/status", bench.proof("ops")).status == 200)
            try bench.writeRevocations(of: "ops")
            let deadline = ContinuousClock.now + ForegroundRun.patience
            while try bench.ask("/v1/status", bench.proof("ops")).status != 0 {
                try #require(ContinuousClock.now < deadline)
                try await Task.sleep(for: .milliseconds(200))
            }
            try bench.authority.certify("second")
            try Shell.run("cd \(bench.folder) && cat second.key >server.key && cat second.pem >server.pem")
            let serial = try Shell.run("openssl x509 -noout -serial -in \(bench.folder)/second.pem")
            func served() throws -> String {
                try Shell.run(
                    "openssl s_client -connect 127.0.0.1:\(bench.port) </dev/null 2>/dev/null | openssl x509 -noout -serial"
                )
            }
            while try served() != serial {
                try #require(ContinuousClock.now < deadline)
                try await Task.sleep(for: .milliseconds(200))
            }
            for version in ["-tls1", "-tls1_1"] {
                let hello =
                    "openssl s_client \(version) -cipher ALL:@SECLEVEL=0 -connect 127.0.0.1:\(bench.port) </dev/null 2>&1 || true"
                #expect(try Shell.run(hello).contains("no peer certificate available"))
            }
            for version in ["-tls1_2", "-tls1_3"] {
                let hello =
                    "openssl s_client \(version) -connect 127.0.0.1:\(bench.port) </dev/null 2>&1 || true"
                #expect(try Shell.run(hello).contains("BEGIN CERTIFICATE"))
            }
            try await walk.end(agent)
        }
    }

    @Test func `a token gives its role until it is over or taken back, and is nowhere but with its owner`()
        async throws
    {
        try await withWalk { walk in
            let bench = try APIBench(walk)
            let watch = try await bench.token("watch", role: "read", "--expires", "90d")
            let deploy = try await bench.token("ci", role: "deploy")
            let brief = try await bench.token("brief", role: "admin", "--expires", "1s")
            let agent = try await bench.agent("  tokens: \(bench.tokens)")
            func status(_ path: String, _ token: String?, _ more: String = "") throws -> Int {
                guard let token else { return try bench.ask(path, more).status }
                let file = try walk.file("Authorization: Bearer \(token)\n", "header")
                return try bench.ask(path, "\(more) -H @\(file)").status
            }
            #expect(try status("/healthz", nil) == 200)
            #expect(try status("/v1/status", nil) == 401)
            #expect(try status("/v1/status", watch) == 200)
            #expect(try status("/v1/apps/none", watch, "-X DELETE") == 403)
            #expect(try status("/v1/apps/none", deploy, "-X DELETE") == 404)
            #expect(try status("/v1/exec?app=a&command=b", deploy, "-X POST") == 403)
            for wrong in ["x", "martlet_", "\(watch)a", String(watch.dropLast()), watch.uppercased()] {
                #expect(try status("/v1/status", wrong) == 401, "\(wrong)")
            }
            try await Task.sleep(for: .seconds(1.1))
            #expect(try status("/v1/status", brief) == 401)
            // The command line does the same by the same ways.
            let file = try walk.file("\(watch)\n", "token")
            let remote = [
                "--host", "127.0.0.1:\(bench.port)", "--cacert", bench.authority.certificate, "--token-file",
                file,
            ]
            let told = try await walk.martletAgent(["status", "--json"] + remote)
            #expect(told.code == 0 && told.output.contains("\"keeper\""), "\(told.output)")
            let refused = try await walk.martletAgent(remote + ["down", "none"])
            #expect(
                refused.code == 1 && refused.output.contains("may not DELETE /v1/apps/{app}"),
                "\(refused.output)"
            )
            let stranger = try await walk.martletAgent(["status"] + Array(remote.prefix(2)))
            #expect(stranger.code == 1 && stranger.output.contains("TLS"), "\(stranger.output)")
            let silent = try await walk.martletAgent(["status", "--host", "127.0.0.1:1"])
            #expect(silent.code == 1 && silent.output.contains("cannot be reached"), "\(silent.output)")
            #expect(silent.output.count(of: "\n") == 1)
            // Another one holds at once, and one that is taken back no more.
            #expect(
                try await walk.martletAgent(["token", "revoke", "--file", bench.tokens, "watch"]).code == 0
            )
            let next = try await bench.token("watch", role: "read")
            let deadline = ContinuousClock.now + ForegroundRun.patience
            while try status("/v1/status", next) != 200 || status("/v1/status", watch) != 401 {
                try #require(ContinuousClock.now < deadline)
                try await Task.sleep(for: .milliseconds(200))
            }
            let all = [watch, deploy, brief, next]
            _ = try walk.file(all.joined(separator: "\n") + "\n", "all")
            try Shell.run("rm \(file) \(walk.folder)/header \(walk.folder)/verb.*")
            // In no file of the agent's, in no command line and no environment, and not in what it says.
            let found = try Shell.run(
                """
                grep -rlaFf \(walk.folder)/all \(walk.folder)/state \(walk.folder)/run \(bench.tokens) || true
                cat /proc/\(agent.pid)/cmdline /proc/\(agent.pid)/environ | grep -acFf \(walk.folder)/all || true
                """
            )
            #expect(found == "0\n")
            let said = agent.shown
            #expect(all.allSatisfy { !said.contains($0) })
            try await walk.end(agent)
        }
    }

    @Test func `a listener that cannot be is told of, hinders nobody, and comes when it can`() async throws {
        try await withWalk { walk in
            let bench = try APIBench(walk)
            _ = try await bench.token("watch", role: "read")
            try Shell.run("mv \(bench.folder)/server.key \(bench.folder)/away")
            let node = try walk.file(
                """
                format: 1
                api:
                  listen: "127.0.0.1:\(bench.port)"
                  tls: { cert: \(bench.folder)/server.pem, key: \(bench.folder)/server.key }
                  tokens: \(bench.tokens)

                """,
                "node.yaml"
            )
            let agent = try await walk.agent(["--node", node])
            try await agent.wait(for: "serve TLS \(bench.folder)/server.key")
            #expect(try await walk.martlet("status").code == 0)
            #expect(try bench.ask("/healthz").status == 0)
            try Shell.run("mv \(bench.folder)/away \(bench.folder)/server.key")
            let deadline = ContinuousClock.now + ForegroundRun.patience
            while try bench.ask("/healthz").status != 200 {
                try #require(ContinuousClock.now < deadline, "\(agent.shown)")
                try await Task.sleep(for: .milliseconds(200))
            }
            // A file of tokens that is damaged gives nobody a right.
            let file = try walk.file(
                "Authorization: Bearer \(try await bench.token("other", role: "read"))\n",
                "header"
            )
            while try bench.ask("/v1/status", "-H @\(file)").status != 200 {
                try #require(ContinuousClock.now < deadline, "\(agent.shown)")
                try await Task.sleep(for: .milliseconds(200))
            }
            try Shell.run("echo nonsense >>\(bench.tokens)")
            while try bench.ask("/v1/status", "-H @\(file)").status != 401 {
                try #require(ContinuousClock.now < deadline, "\(agent.shown)")
                try await Task.sleep(for: .milliseconds(200))
            }
            #expect(
                agent.shown.contains("tokens: line 3: not 'NAME ROLE EXPIRES sha256:HASH'"),
                "\(agent.shown)"
            )
            try await walk.end(agent)
        }
    }

    @Test func `a caller has so many streams, and who has the node as many as they like`() async throws {
        try await withWalk { walk in
            let bench = try APIBench(walk)
            let (one, other) = (
                try await bench.token("one", role: "read"), try await bench.token("other", role: "read")
            )
            let agent = try await bench.agent("  tokens: \(bench.tokens)")
            func header(_ token: String) throws -> String {
                "-H @\(try walk.file("Authorization: Bearer \(token)\n", "header.\(token.suffix(8))"))"
            }
            let url = "https://127.0.0.1:\(bench.port)/v1/events?since=3600\\&follow=1"
            let curl = "curl -s -N --cacert \(bench.authority.certificate) \(try header(one))"
            // Something to be heard, so that each is known to listen.
            try await walk.importBusybox()
            try await walk.apply(
                "name: heard\nservices: { a: { image: 'busybox:walk', command: [sleep, '1000'], init: true } }\n"
            )
            let script = "for i in $(seq 16); do \(curl) \(url) & done; wait"
            let listeners = try ForegroundRun(["/bin/sh", "-c", script], output: "\(walk.folder)/listeners")
            try await listeners.wait(for: "\"kind\":\"accepted\"", times: 16)
            for path in ["events?follow=1", "logs?follow=1"] {
                let refused = try bench.ask("/v1/\(path)", try header(one))
                #expect(refused.status == 429 && refused.body.contains("has 16 streams open already"))
            }
            #expect(try bench.ask("/v1/status", try header(one)).status == 200)
            #expect(try bench.ask("/v1/events", try header(other)).status == 200)
            kill(-listeners.pid, SIGTERM)
            _ = try await listeners.exit()
            try await Self.wait(agent, "a place") {
                try bench.ask("/v1/events", try header(one)).status == 200
            }
            // By the socket, root.
            let socket = "curl -s -N --unix-socket \(walk.folder)/run/martlet.sock"
            let local = try ForegroundRun(
                [
                    "/bin/sh", "-c",
                    "for i in $(seq 20); do \(socket) http://a/v1/events?since=3600\\&follow=1 & done; wait",
                ],
                output: "\(walk.folder)/local"
            )
            try await local.wait(for: "\"kind\":\"accepted\"", times: 20)
            kill(-local.pid, SIGTERM)
            _ = try await local.exit()
            try await walk.down("heard")
            try await walk.end(agent)
        }
    }
}
