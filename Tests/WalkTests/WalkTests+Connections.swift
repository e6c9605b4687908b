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
}
