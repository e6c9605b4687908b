// SPDX-License-Identifier: Apache-2.0
internal import Glibc
internal import Linux
internal import TestKit
internal import Testing

/// What a hostile caller may send.
extension WalkTests {
    /// Sends bytes to the socket, or by TLS, and prints the statuses that come back until the end.
    private static let sender = """
        import socket, ssl, sys, json
        place, token, cases = sys.argv[1], sys.argv[2], json.load(open(sys.argv[3]))
        def connect():
            if not place.isdigit():
                s = socket.socket(socket.AF_UNIX); s.settimeout(60); s.connect(place); return s
            context = ssl.create_default_context(); context.check_hostname = False; context.verify_mode = ssl.CERT_NONE
            s = context.wrap_socket(socket.create_connection(("127.0.0.1", int(place)))); s.settimeout(60); return s
        for name, text in cases:
            s = connect(); s.sendall(text.replace("TOKEN", token).encode("latin-1")); got = b""
            try:
                while True:
                    more = s.recv(65536)
                    if not more: break
                    got += more
            except OSError: pass
            print(name, ",".join(part.split(b" ")[0].decode() for part in got.split(b"HTTP/1.1 ")[1:]) or "closed")
        """

    @Test func `a request that can be read in two ways is read in none`() async throws {
        try await withWalk { walk in
            let bench = try APIBench(walk)
            let token = try await bench.token("root", role: "admin")
            let agent = try await bench.agent("  tokens: \(bench.tokens)")
            let head = "Host: a\\r\\nAuthorization: Bearer TOKEN\\r\\n"
            let smuggled = "GET /v1/audit HTTP/1.1\\r\\n\(head)\\r\\n"
            let put = "PUT /v1/apps/a HTTP/1.1\\r\\n\(head)"
            let cases: [(name: String, bytes: String, wanted: String)] = [
                ("plain", "GET /v1/version HTTP/1.1\\r\\n\(head)Connection: close\\r\\n\\r\\n", "200"),
                (
                    "length-and-chunks",
                    "\(put)Content-Length: 0\\r\\nTransfer-Encoding: chunked\\r\\n\\r\\n0\\r\\n\\r\\n\(smuggled)",
                    "400"
                ),
                (
                    "chunks-and-length",
                    "\(put)Transfer-Encoding: chunked\\r\\nContent-Length: 4\\r\\n\\r\\n0\\r\\n\\r\\n\(smuggled)",
                    "400"
                ),
                (
                    "two-lengths", "\(put)Content-Length: 0\\r\\nContent-Length: 4\\r\\n\\r\\n\(smuggled)",
                    "400"
                ),
                ("two-lengths-in-one", "\(put)Content-Length: 0, 4\\r\\n\\r\\n\(smuggled)", "400"),
                ("signed-length", "\(put)Content-Length: +0\\r\\n\\r\\n\(smuggled)", "400"),
                (
                    "odd-coding", "\(put)Transfer-Encoding: xchunked\\r\\n\\r\\n0\\r\\n\\r\\n\(smuggled)",
                    "400"
                ),
                (
                    "two-codings",
                    "\(put)Transfer-Encoding: chunked\\r\\nTransfer-Encoding: identity\\r\\n\\r\\n0\\r\\n\\r\\n\(smuggled)",
                    "400"
                ),
                ("folded", "GET /v1/version HTTP/1.1\\r\\n\(head)X-A: b\\r\\n c\\r\\n\\r\\n", "400"),
                ("space-before-colon", "GET /v1/version HTTP/1.1\\r\\nHost : a\\r\\n\\r\\n", "400"),
                ("bare-line-feeds", "GET /v1/version HTTP/1.1\\nHost: a\\n\\n", "400"),
                ("no-host", "GET /v1/version HTTP/1.1\\r\\n\\r\\n", "400"),
                ("two-hosts", "GET /v1/version HTTP/1.1\\r\\n\(head)Host: b\\r\\n\\r\\n", "400"),
                ("absolute", "GET http://a/v1/version HTTP/1.1\\r\\n\(head)\\r\\n", "400"),
                ("dots", "GET /v1/apps/../version HTTP/1.1\\r\\n\(head)\\r\\n", "400"),
                ("slash-in-name", "GET /v1/apps/..%2fversion HTTP/1.1\\r\\n\(head)\\r\\n", "400"),
                ("nul-in-name", "GET /v1/apps/a%00 HTTP/1.1\\r\\n\(head)\\r\\n", "400"),
                ("old-pipeline", "GET /v1/version HTTP/1.0\\r\\n\(head)\\r\\n\(smuggled)", "400"),
                ("no-http", "nonsense\\r\\n\\r\\n", "400"),
            ]
            let table = cases.map { "[\"\($0.name)\", \"\($0.bytes)\"]" }.joined(separator: ",\n")
            let script = try walk.file(Self.sender, "send.py"),
                file = try walk.file("[\(table)]", "cases.json")
            for place in ["\(walk.folder)/run/martlet.sock", "\(bench.port)"] {
                let output = try Shell.run("python3 \(script) \(place) \(token) \(file)")
                let found = output.split(separator: "\n").map(String.init)
                #expect(found == cases.map { "\($0.name) \($0.wanted)" }, "\(place)")
            }
            #expect(try await walk.martlet("status").code == 0)
            try await walk.end(agent)
        }
    }

    @Test func `who holds ten thousand connections, or sends a byte a second, hinders nobody`() async throws {
        try await withWalk { walk in
            let agent = try await walk.agent()
            func memory() throws -> Int {
                let line = try Shell.run("grep VmRSS /proc/\(agent.pid)/status")
                return Int(line.filter(\.isNumber)) ?? 0
            }
            #expect(try await walk.martlet("status").code == 0)
            let before = try memory()
            let script = try walk.file(
                """
                import socket, sys, time, threading, resource
                resource.setrlimit(resource.RLIMIT_NOFILE, (min(12000, resource.getrlimit(resource.RLIMIT_NOFILE)[1]),) * 2)
                path = sys.argv[1]
                def connect():
                    # With a timeout it would not wait for room in the backlog.
                    s = socket.socket(socket.AF_UNIX); s.connect(path); s.settimeout(60); return s
                slow = [connect() for _ in range(20)]
                end = time.time() + 100
                def drip():
                    text = b"GET /v1/version HTTP/1.1\\r\\nHost: a\\r\\nX-A: " + b"a" * 1000
                    for byte in text:
                        for s in slow:
                            try: s.send(bytes([byte]))
                            except OSError: pass
                        time.sleep(1)
                        if time.time() > end: return
                threading.Thread(target=drip, daemon=True).start()
                idle = []
                for _ in range(10000):
                    try: idle.append(connect())
                    except OSError: time.sleep(0.01)
                big = connect(); sent = 0
                try:
                    big.sendall(b"GET /v1/version HTTP/1.1\\r\\nHost: a\\r\\nX-A: ")
                    while sent < 1 << 30: big.sendall(b"a" * 65536); sent += 65536
                except OSError: pass
                times = []
                for _ in range(200):
                    begun = time.time(); s = connect()
                    s.sendall(b"GET /v1/version HTTP/1.1\\r\\nHost: a\\r\\nConnection: close\\r\\n\\r\\n")
                    answer = b""
                    while True:
                        more = s.recv(65536)
                        if not more: break
                        answer += more
                    assert answer.startswith(b"HTTP/1.1 200"), answer
                    times.append(time.time() - begun)
                print(len(idle), sent, round(sorted(times)[197] * 1000, 1))
                """,
                "idle.py"
            )
            let words = try Shell.run("timeout 120 python3 \(script) \(walk.folder)/run/martlet.sock").split(
                separator: " "
            )
            let growth = try memory() - before
            print("ten thousand idle: \(words.joined(separator: " ").dropLast()) ms p99, \(growth) KiB more")
            #expect(words.count == 3 && (Int(words[1]) ?? .max) < 4 << 20)
            #expect(growth < 64 << 10)
            try await walk.end(agent)
        }
    }

    @Test func `who sends a request by TLS byte by byte, or never ends it, is cut off and hinders nobody`()
        async throws
    {
        try await withWalk { walk in
            let bench = try APIBench(walk)
            let token = try await bench.token("ci", role: "deploy")
            let agent = try await bench.agent("  tokens: \(bench.tokens)")
            func descriptors() throws -> Int {
                Int(try Shell.run("ls /proc/\(agent.pid)/fd | wc -l").filter(\.isNumber)) ?? 0
            }
            #expect(try bench.ask("/healthz").status == 200)
            let before = try descriptors()
            let script = try walk.file(
                """
                import socket, ssl, sys, threading, time
                port, token = int(sys.argv[1]), sys.argv[2]
                context = ssl.create_default_context(cafile=sys.argv[3])
                head = "Host: a\\r\\nAuthorization: Bearer %s\\r\\n" % token
                put = "PUT /v1/apps/slow HTTP/1.1\\r\\n" + head
                def plain():
                    s = socket.create_connection(("127.0.0.1", port)); s.settimeout(60); return s
                def connect(): return context.wrap_socket(plain(), server_hostname="127.0.0.1")
                kinds = {  # what comes at once, what comes again and again
                    "handshake": ("\\x16\\x03\\x01\\x02\\x00\\x01\\x00\\x01\\xfc\\x03\\x03", "a"),
                    "head": (put + "X-A: ", "a"),
                    "length": (put + "Content-Length: 1000000\\r\\n\\r\\n", "a"),
                    "silent": (put + "Content-Length: 1000000\\r\\n\\r\\n", ""),
                    "chunks": (put + "Transfer-Encoding: chunked\\r\\n\\r\\n", "1\\r\\na\\r\\n"),
                }
                ended, open_now = [], [0]
                lock = threading.Lock()
                def drip(kind):
                    begun = time.monotonic()
                    s = plain() if kind == "handshake" else connect()
                    first, more = kinds[kind]; got = b""
                    with lock: open_now[0] += 1
                    try:
                        s.sendall(first.encode("latin-1")); s.settimeout(0.5)
                        while True:
                            try:
                                part = s.recv(4096)
                                if not part: break
                                got += part
                            except TimeoutError: pass
                            s.sendall(more.encode())
                    except OSError: pass
                    with lock:
                        open_now[0] -= 1
                        ended.append((kind, time.monotonic() - begun, got[:20] if kind != "handshake" else b""))
                threads = [threading.Thread(target=drip, args=(k,)) for k in kinds for _ in range(8)]
                for t in threads: t.start()
                while open_now[0] < len(threads): time.sleep(0.01)
                for _ in range(100):
                    s = connect(); s.sendall(("GET /v1/version HTTP/1.1\\r\\n" + head + "Connection: close\\r\\n\\r\\n").encode())
                    answer = b""
                    while True:
                        part = s.recv(65536)
                        if not part: break
                        answer += part
                    assert answer.startswith(b"HTTP/1.1 200"), answer
                with lock: assert sum(k in ("length", "silent", "chunks") for k, _, _ in ended) == 0, ended
                for t in threads: t.join()
                for kind in kinds:
                    own = [(time, got) for k, time, got in ended if k == kind]
                    print(kind, len(own), int(min(own)[0]), set(got for _, got in own))
                """,
                "slow.py"
            )
            let output = try Shell.run(
                "timeout 300 python3 \(script) \(bench.port) \(token) \(bench.authority.certificate)"
            )
            let ends = output.split(separator: "\n").map { $0.split(separator: " ") }
            #expect(ends.map { $0[0] } == ["handshake", "head", "length", "silent", "chunks"])
            for end in ends {
                // 20 seconds for a head, 60 for a body, and no answer to what was none.
                #expect(
                    end[1] == "8" && Int(end[2]) ?? 0 >= (["handshake", "head"].contains(end[0]) ? 19 : 59)
                )
            }
            let deadline = ContinuousClock.now + ForegroundRun.patience
            while try descriptors() > before {
                try #require(ContinuousClock.now < deadline, "more than \(before) descriptors")
                try await Task.sleep(for: .milliseconds(100))
            }
            // One without an end is too long before that.
            let endless = "-T - -X PUT -H 'Authorization: Bearer \(token)' </dev/zero"
            let refused = try Shell.run(
                "curl -s --max-time 60 --cacert \(bench.authority.certificate) -o /dev/null -w '%{http_code}' https://127.0.0.1:\(bench.port)/v1/apps/slow \(endless) || true"
            )
            #expect(refused.hasPrefix("413"))
            let audit = try await walk.martlet("audit").output
            let cut = audit.split(separator: "\n").filter { $0.contains("the body did not come whole") }
            #expect(cut.count == 24 && cut.allSatisfy { $0.contains("  refused  token ci  ") }, "\(audit)")
            try await walk.end(agent)
        }
    }

    @Test func `a group may look through the socket, and no more`() async throws {
        try await withWalk { walk in
            let node = try walk.file("format: 1\napi: { group: users }\n", "node.yaml")
            let agent = try await walk.agent(["--node", node])
            let socket = "\(walk.folder)/run/martlet.sock"
            try Shell.run("chmod 711 \(walk.folder)")
            func ask(_ who: String, _ arguments: String) throws -> String {
                try Shell.run(
                    "setpriv \(who) curl -s -o /dev/null -w '%{http_code}' --unix-socket \(socket) \(arguments) || true"
                )
            }
            let member = "--reuid=65534 --regid=65534 --groups=users",
                nobody = "--reuid=65534 --regid=65534 --clear-groups"
            #expect(try ask(nobody, "http://martlet/v1/status") == "000")
            #expect(try ask(member, "http://martlet/v1/status") == "200")
            #expect(try ask(member, "-X DELETE http://martlet/v1/apps/a") == "403")
            #expect(try ask(member, "-X POST 'http://martlet/v1/exec?app=a&command=b'") == "403")
            #expect(
                try ask("--reuid=0 --regid=0 --clear-groups", "-X DELETE http://martlet/v1/apps/a") == "404"
            )
            // Nothing else in the folder is open to them.
            let others = try Shell.run(
                "setpriv \(member) ls \(walk.folder)/run 2>&1 || true; find \(walk.folder)/run -mindepth 1 ! -name martlet.sock ! -type l -perm /077"
            )
            #expect(others.contains("Permission denied") && others.count(of: "\n") == 1, "\(others)")
            try await walk.end(agent)
        }
    }
}
