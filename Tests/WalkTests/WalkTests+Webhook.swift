// SPDX-License-Identifier: Apache-2.0
internal import Control
internal import FoundationEssentials
internal import Glibc
internal import Linux
internal import TestKit
internal import Testing

extension APIBench {
    /// Begins so many calls of the hook `repo`, and prints how one more is answered once they are being read.
    fileprivate func answer(beside count: Int) throws -> String {
        let script = try walk.file(
            """
            import socket, ssl, sys, time
            context = ssl.create_default_context(); context.check_hostname = False; context.verify_mode = ssl.CERT_NONE
            def call():
                s = context.wrap_socket(socket.create_connection(("127.0.0.1", int(sys.argv[1])))); s.settimeout(0.1)
                s.sendall(b"POST /v1/hooks/repo HTTP/1.1\\r\\nHost: a\\r\\nX-Gitlab-Token: a\\r\\nConnection: close\\r\\nContent-Length: 2\\r\\n\\r\\na")
                return s
            # Which of them finds no place is for the agent's threads to say.
            held = [call() for _ in range(int(sys.argv[2]) + 1)]
            end, answer = time.time() + 50, b""
            while time.time() < end and not answer:
                for s in held:
                    try: answer = b"".join(iter(lambda: s.recv(65536), b""))
                    except TimeoutError: continue
                    break
            print(answer.decode())
            """,
            "hold.py"
        )
        return try Shell.run("timeout 90 python3 \(script) \(port) \(count)")
    }
}

extension WalkTests {
    @Test func `a push that the forge tells of is there at once; no forged call, and none twice, is heard`()
        async throws
    {
        try await withWalk { walk in
            try await walk.importBusybox()
            let bench = try APIBench(walk)
            let server = try GitServer(in: "\(walk.folder)/git", bench.authority)
            func app(_ word: String) -> String {
                """
                name: hooked
                services:
                  a: { image: "busybox:walk", command: [sh, -c, "echo \(word); exec sleep 100000"], init: true, stop_grace_period: 0s, deploy: { update_config: { monitor: 0s } } }

                """
            }
            try server.push(app("first"), "hooked.yaml")
            let secret = try walk.file("a secret of theirs\n", "secret")
            let agent = try await bench.agent(
                "  tokens: \(bench.tokens)",
                more: """
                    trust: { signers: { team: { ssh_allowed: \(server.folder)/signers } } }
                    sources:
                      - name: repo
                        git: { url: "https://127.0.0.1:\(server.port)/git/nodes.git", ca: \(bench.authority.certificate) }
                        verify: team
                        every: 1h
                        hook: \(secret)
                    """
            )
            func until(_ word: String) async throws {
                let deadline = ContinuousClock.now + ForegroundRun.patience
                while true {
                    let log = try await walk.logs("hooked").output
                    if log.contains(word), try await walk.martlet("status").output.contains("converged") {
                        break
                    }
                    try #require(ContinuousClock.now < deadline, "\(agent.shown)")
                    try await Task.sleep(for: .milliseconds(50))
                }
            }
            try await until("first")
            func call(_ body: String, secret: String = "a secret of theirs", _ more: String = "") throws -> (
                Int, String
            ) {
                let file = try walk.file(body, "body")
                let code = try Shell.run("openssl dgst -sha256 -hmac '\(secret)' -r \(file)").prefix {
                    $0 != " "
                }
                return try bench.ask(
                    "/v1/hooks/repo",
                    "-X POST --data-binary @\(file) -H 'X-Hub-Signature-256: sha256=\(code)' \(more)"
                )
            }
            try server.push(app("second"), "hooked.yaml")
            let begun = ContinuousClock.now
            #expect(try call("{\"ref\":\"refs/heads/main\",\"n\":2}") == (200, "{\"woken\":true}\n"))
            try await until("second")
            print("from the call to the new generation: \(begun.duration(to: .now))")
            // The same once more, under whatever name, wakes nobody.
            try server.push(app("third"), "hooked.yaml")
            for name in ["", "-H 'X-GitHub-Delivery: other'"] {
                #expect(
                    try call("{\"ref\":\"refs/heads/main\",\"n\":2}", name) == (200, "{\"woken\":false}\n")
                )
            }
            // Neither does one that was not signed with the secret, or was changed since.
            #expect(try call("{}", secret: "another").0 == 401)
            let code = try Shell.run("printf '{}' | openssl dgst -sha256 -hmac 'a secret of theirs' -r")
                .prefix { $0 != " " }
            for more in [
                "-H 'X-Hub-Signature-256: sha256=\(code)' --data '{ }'", "--data '{}'",
                "-H 'X-Hub-Signature-256: \(code)' --data '{}'", "-H 'X-Gitlab-Token: another' --data '{}'",
            ] { #expect(try bench.ask("/v1/hooks/repo", "-X POST \(more)").status == 401, "\(more)") }
            #expect(
                try bench.ask(
                    "/v1/hooks/none",
                    "-X POST -H 'X-Hub-Signature-256: sha256=\(code)' --data '{}'"
                ).status == 401
            )
            try Shell.run("truncate -s 64M \(walk.folder)/big")
            #expect(
                try bench.ask(
                    "/v1/hooks/repo",
                    "-X POST -H Expect: -H 'X-Gitlab-Token: another' --data-binary @\(walk.folder)/big"
                ).status == 413
            )
            // Of one that shows nothing, or names no source, nothing is read.
            for (source, more) in [("repo", ""), ("none", "-H 'X-Gitlab-Token: another'")] {
                let big = "-X POST -H Expect: --data-binary @\(walk.folder)/big \(more)"
                #expect(try bench.ask("/v1/hooks/\(source)", big).status == 401, "\(source)")
            }
            let other = try bench.answer(beside: 8)
            #expect(other.hasPrefix("HTTP/1.1 500") && other.contains("being read"), "\(other)")
            try await Task.sleep(for: .seconds(1))
            #expect(try await !walk.logs("hooked").output.contains("third"))
            #expect(
                try bench.ask("/v1/hooks/repo", "-X POST -H 'X-Gitlab-Token: a secret of theirs' --data '{}'")
                    .status == 200
            )
            try await until("third")
            // A secret that cannot be read is the operator's to know, once.
            try Shell.run("chmod o+w \(secret)")
            for body in ["{1}", "{2}"] {
                let answer = try call(body)
                #expect(answer.0 == 401 && !answer.1.contains(secret), "\(answer)")
            }
            let told = "read the secret of source repo: "
            try await agent.wait(for: told)
            #expect(agent.shown.count(of: told) == 1, "\(agent.shown)")
            // A source says what the app is: it goes with its file.
            try Shell.run(
                "cd \(server.folder)/work && git rm -q hooked.yaml && git commit -qm gone && git push -q origin main"
            )
            let audit = try await walk.martlet("audit")
            #expect(audit.output.contains("source repo: hooked.yaml, signed by team"), "\(audit.output)")
            try await walk.end(agent)
            try Shell.run("rm \(walk.folder)/node.yaml")
            let last = try await walk.agent()
            try await walk.down("hooked")
            try await walk.end(last)
        }
    }

    @Test func `what is pushed must be signed where the node says so, and fits the generation it is for`()
        async throws
    {
        try await withWalk { walk in
            try await walk.importBusybox()
            let folder = walk.folder
            try Shell.run(
                """
                cd \(folder) && ssh-keygen -q -t ed25519 -N '' -f key && ssh-keygen -q -t ed25519 -N '' -f strange
                echo "team namespaces=\\"martlet-state\\" $(cut -d' ' -f1,2 key.pub)" >signers
                """
            )
            let node = try walk.file(
                "format: 1\ntrust: { signers: { team: { ssh_allowed: \(folder)/signers } } }\napi: { verify: team }\n",
                "node.yaml"
            )
            let agent = try await walk.agent(["--node", node])
            let text =
                "name: signed\nservices: { a: { image: 'busybox:walk', command: [sleep, '100000'], init: true } }\n"
            let file = try walk.file(text, "signed.yaml")
            func put(key: String?, namespace: String = "martlet-state", _ more: String = "") throws -> Int {
                let sign = key.map {
                    "rm -f \(file).sig; ssh-keygen -q -Y sign -n \(namespace) -f \($0) \(file) && h=\"Martlet-Signature: $(base64 -w0 \(file).sig)\";"
                }
                let status = try Shell.run(
                    """
                    cd \(folder); h=; \(sign ?? "") curl -s -o answer -w '%{http_code}' -X PUT ${h:+-H "$h"} \(more) \
                        --data-binary @\(file) --unix-socket run/martlet.sock 'http://martlet/v1/apps/signed?wait=1'
                    """
                )
                return Int(status.suffix(3)) ?? -1
            }
            #expect(try put(key: nil) == 403)
            #expect(try put(key: "strange") == 403)
            #expect(try put(key: "key", namespace: "git") == 403)
            #expect(try put(key: nil, "-H 'Martlet-Signature: %'") == 400)
            #expect(try put(key: "key", "-H 'If-Match: \"1\"'") == 409)
            #expect(try put(key: "key", "-H 'If-Match: \"0\"'") == 200)
            #expect(try put(key: "key", "-H 'If-Match: \"0\"'") == 409)
            #expect(try put(key: "key", "-H 'If-Match: \"1\"'") == 200)
            #expect(try put(key: "key", "-H 'If-Match: x'") == 400)
            #expect(try await walk.martlet("history", with: ["signed"]).output.contains("1"))
            #expect(agent.shown.contains("signed by team"), "\(agent.shown)")

            // The command line brings the same bytes by the same rule.
            func sign(_ path: String, _ key: String) throws -> [String] {
                try Shell.run(
                    "cd \(folder); rm -f \(path).sig; ssh-keygen -q -Y sign -n martlet-state -f \(key) \(path)"
                )
                return ["--signature", "\(path).sig", path]
            }
            let newer = try walk.file(text.replacing("100000", with: "200000") + "# as it is\n", "newer.yaml")
            for (arguments, words) in [
                ([newer], "not signed"), (try sign(newer, "strange"), "is not in"),
                (Array(try sign(file, "key").dropLast()) + [newer], "is of other bytes"),
            ] {
                let refused = try await walk.martlet("apply", with: arguments)
                #expect(refused.code == 1 && refused.output.contains(words), "\(refused)")
            }
            let plan = try await walk.martlet("plan", with: ["--json", newer]).output
            let id = try JSONDecoder().decode(PlanReply.self, from: Data(plan.utf8)).id
            var taken = try await walk.martlet(
                "apply",
                with: ["--wait", "--plan", id] + sign(newer, "key")
            )
            #expect(taken.code == 0, "\(taken.output)")
            let digest = try Shell.run("sha256sum <\(newer)").prefix(64)
            let audit = try await walk.martlet("audit", with: ["--json"]).output.split(separator: "\n")
                .map { try JSONDecoder().decode(AuditRecord.self, from: Data($0.utf8)) }
            // The one without a signature was sent as every file is.
            let own = audit.filter { $0.digest == "sha256:\(digest)" }
            #expect(own.map(\.result) == ["refused", "refused", "accepted"], "\(audit)")
            #expect(own.last?.reason == "signed by team")

            // What takes more than one file is made one first.
            let more = try walk.file("services: { a: { labels: { more: '1' } } }\n", "more.yaml")
            let whole = try walk.file(
                await walk.martletAgent(["config", "--portable", newer, more]).output,
                "whole.json"
            )
            taken = try await walk.martlet("apply", with: ["--wait"] + sign(whole, "key"))
            #expect(taken.code == 0, "\(taken.output)")
            let history = try await walk.martlet("history", with: ["--json", "signed"]).output
            let callers = try JSONDecoder().decode([GenerationStatus].self, from: Data(history.utf8))
                .map(\.caller)
            #expect(
                callers.count == 3 && callers.allSatisfy { $0.hasSuffix(", signed by team") },
                "\(callers)"
            )
            try await walk.down("signed")
            try await walk.end(agent)
        }
    }
}
