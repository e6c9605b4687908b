// SPDX-License-Identifier: Apache-2.0
internal import Control
internal import Glibc
internal import Linux
internal import TestKit
internal import Testing

/// How long a connection keeps its place.
extension WalkTests {
    @Test func `a body that comes after its answer keeps no place`() async throws {
        try await withWalk { walk in
            let agent = try await walk.agent()
            let script = try walk.file(
                """
                import socket, sys, resource
                resource.setrlimit(resource.RLIMIT_NOFILE, (min(4096, resource.getrlimit(resource.RLIMIT_NOFILE)[1]),) * 2)
                kept = []
                for _ in range(600):
                    s = socket.socket(socket.AF_UNIX); s.settimeout(60); s.connect(sys.argv[1])
                    s.sendall(b"GET /healthz HTTP/1.1\\r\\nHost: a\\r\\nContent-Length: 1\\r\\n\\r\\n")
                    answer = b""
                    while b"\\r\\n\\r\\n" not in answer:
                        more = s.recv(65536)
                        assert more, (len(kept), answer)
                        answer += more
                    assert answer.startswith(b"HTTP/1.1 200"), answer
                    s.sendall(b"a")
                    kept.append(s)
                print(len(kept))
                """,
                "late.py"
            )
            #expect(try Shell.run("timeout 120 python3 \(script) \(walk.folder)/run/martlet.sock") == "600\n")
            #expect(try await walk.martlet("status").code == 0)
            try await walk.end(agent)
        }
    }

    @Test func `what goes on and on ends with its client, however silent it is`() async throws {
        try await withWalk { walk in
            try await walk.importBusybox()
            let bench = try APIBench(walk)
            let root = try await bench.token("root", role: "admin")
            let header = try walk.file("Authorization: Bearer \(root)\n", "header")
            let agent = try await bench.agent("  tokens: \(bench.tokens)")
            try await walk.apply(
                "name: quiet\nservices: { a: { image: 'busybox:walk', command: [sleep, '100000'], init: true } }\n"
            )
            func until(_ what: String, _ condition: () async throws -> Bool) async throws {
                let deadline = ContinuousClock.now + ForegroundRun.patience
                while try await !condition() {
                    try #require(ContinuousClock.now < deadline, "\(what): \(agent.shown)")
                    try await Task.sleep(for: .milliseconds(50))
                }
            }
            func sleepers() async throws -> Int {
                let pids = try await walk.groupPids()
                return try pids.filter {
                    try Shell.run("tr '\\0' ' ' </proc/\($0)/cmdline 2>/dev/null || true") == "sleep 77777 "
                }.count
            }
            // The log that a follower holds open, and what the agent has to wait with.
            func followed() throws -> Int {
                Int(try Shell.run("ls -l /proc/\(agent.pid)/fd | grep -c '/quiet' || true").dropLast()) ?? -1
            }
            let exec = try walk.start(["exec"], ["quiet/a", "--", "sleep", "77777"])
            try await until("exec") { try await sleepers() == 1 }
            exec.kill()
            try await until("exec's end") { try await sleepers() == 0 }
            let before = try followed()
            let url = "https://127.0.0.1:\(bench.port)/v1"
            let curl = "curl -s -N --cacert \(bench.authority.certificate) -H @\(header)"
            for path in ["logs?app=quiet&follow=1", "exec?app=quiet&command=sleep&command=77777"] {
                let verb = path.hasPrefix("exec") ? "-X POST" : ""
                let client = try ForegroundRun(
                    ["/bin/sh", "-c", "exec \(curl) \(verb) '\(url)/\(path)'"],
                    output: "\(walk.folder)/client"
                )
                try await until(path) {
                    try await path.hasPrefix("exec") ? sleepers() == 1 : followed() > before
                }
                client.kill()
                try await until("the end of \(path)") { try await sleepers() == 0 && followed() == before }
            }
            try await walk.down("quiet")
            try await walk.end(agent)
        }
    }
}
