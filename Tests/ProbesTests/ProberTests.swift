// SPDX-License-Identifier: Apache-2.0
internal import Glibc
internal import Linux
internal import Probes
internal import TestKit
internal import Testing

/// Real servers asked through sockets, in this process's own namespaces and in those of others.
///
/// Needs root.
@Suite struct ProberTests {
    private static let patience = Duration.seconds(60)

    private func here() throws -> Place { Place(process: try Descriptor.process(getpid()), pid: getpid()) }

    private func ask(_ question: Question, _ place: Place? = nil, within time: Duration = patience)
        async throws
        -> ProbeAnswer
    {
        let prober = try Prober()
        defer { prober.stop() }
        return await prober.ask(question, of: try place ?? here(), within: time)
    }

    private func http(_ port: UInt16) -> Question {
        .http(port: port, HTTPRequest(path: "/", statuses: [200...299]))
    }

    @Test func `a port that listens connects, and one that does not says so`() async throws {
        let server = try LoopbackServer { _ in }
        #expect(try await ask(.tcp(server.port)) == .success)
        let taken = try LoopbackServer.takenPort()
        let refused = ProbeAnswer.failure(
            "connect 127.0.0.1:\(taken.port): connection refused (ECONNREFUSED)"
        )
        #expect(try await ask(.tcp(taken.port)) == refused)
    }

    @Test func `the status of an HTTP server counts, and a server that says nothing is given up`()
        async throws
    {
        let good = try LoopbackServer { socket in
            _ = try? socket.read(4_096)
            _ = LoopbackServer.send("HTTP/1.1 204 No Content\r\n\r\n", to: socket)
        }
        #expect(try await ask(http(good.port)) == .success)
        let bad = try LoopbackServer { socket in
            _ = LoopbackServer.send("HTTP/1.1 500 \u{1b}[31m\r\n\r\n", to: socket)
            _ = try? socket.read(4_096)
        }
        #expect(try await ask(http(bad.port)) == .failure("the server answered 500"))
        let silent = try LoopbackServer { socket in while let bytes = try? socket.read(100), !bytes.isEmpty {}
        }
        #expect(
            try await ask(http(silent.port), within: .milliseconds(100)) == .failure("no answer in time")
        )
        let short = try LoopbackServer { _ in }
        let hungUp = try await ask(http(short.port))
        #expect(hungUp != .success)
        // One that floods is read no further than it must be.
        let flood = try LoopbackServer { socket in
            while LoopbackServer.send(String(repeating: "x", count: 65_536), to: socket) {}
        }
        #expect(try await ask(http(flood.port)) == .failure("what the server answered is not HTTP"))
        #expect(
            try await ask(.grpc(port: flood.port, service: ""))
                == .failure("what the server answered is not HTTP/2")
        )
    }

    @Test(.enabled(if: access("/usr/lib/python3/dist-packages/grpc", F_OK) == 0, "install python3-grpcio"))
    func `a gRPC server tells of its services`() async throws {
        let port = try LoopbackServer.freePort()
        let log = "/var/tmp/martlet-probes-\(getpid()).log"
        defer { unlink(log) }
        let server = try TestProgram(
            ["/usr/bin/python3", "Tests/ProbesTests/health.py", "\(port)"],
            log: log,
            port: port
        )
        defer { server.end() }
        #expect(try await ask(.grpc(port: port, service: "")) == .success)
        #expect(try await ask(.grpc(port: port, service: "good")) == .success)
        #expect(
            try await ask(.grpc(port: port, service: "bad"))
                == .failure("the service answered NOT_SERVING")
        )
        #expect(
            try await ask(.grpc(port: port, service: "other"))
                == .failure("the server knows no such service, or does not tell of its health")
        )
    }

    @Test func `many are asked at once by one thread, and all are answered when it ends`() async throws {
        let server = try LoopbackServer { _ in }
        let prober = try Prober()
        let place = try here()
        let port = server.port
        let answers = await withTaskGroup(of: ProbeAnswer.self) { group in
            for _ in 0..<4 {
                group.addTask { await prober.ask(.tcp(port), of: place, within: Self.patience) }
            }
            return await group.reduce(into: []) { $0.append($1) }
        }
        #expect(answers == Array(repeating: .success, count: 4))
        let silent = try LoopbackServer { socket in while let bytes = try? socket.read(100), !bytes.isEmpty {}
        }
        async let last = prober.ask(http(silent.port), of: place, within: .seconds(3_600))
        try await Task.sleep(for: .milliseconds(50))
        prober.stop()
        #expect(await last != .success)
    }

    // MARK: Other namespaces

    /// A process in a root and a network of its own, with a busybox and sockets at `/own.sock` there and at
    /// `/out.sock` outside.
    private func withJail(_ body: (_ place: Place, _ folder: String) async throws -> Void) async throws {
        let folder = "/var/tmp/martlet-jail-\(getpid())-\(UInt32.random(in: 0...UInt32.max))"
        try Shell.run("mkdir -p \(folder)/root && cp /bin/busybox \(folder)/root/")
        defer { _ = try? Shell.run("rm -rf \(folder)") }
        let null = try Descriptor.open("/dev/null", O_RDWR)
        let line =
            "ip link set lo up; exec chroot \(folder)/root /busybox httpd -f -p 127.0.0.1:4567 -h /"
        let pid = try Spawn(
            ["/usr/bin/unshare", "-n", "sh", "-c", line],
            descriptors: [0: null, 1: null, 2: null]
        ).start()
        defer {
            kill(pid, SIGKILL)
            waitpid(pid, nil, 0)
        }
        let place = Place(process: try Descriptor.process(pid), pid: pid)
        let deadline = ContinuousClock.now + Self.patience
        while try await ask(.tcp(4567), place) != .success {
            try #require(ContinuousClock.now < deadline)
            try await Task.sleep(for: .milliseconds(20))
        }
        try await body(place, folder)
    }

    @Test func `the network is the process's own`() async throws {
        try await withJail { place, _ in
            let outside = try LoopbackServer { _ in }
            #expect(try await ask(.tcp(outside.port), place) != .success)
            #expect(try await ask(.tcp(4567)) != .success)
        }
    }

    @Test func `the path of a socket is the process's own, and leads nowhere else`() async throws {
        try await withJail { place, folder in
            var listeners: [Descriptor] = []
            for path in ["\(folder)/root/own.sock", "\(folder)/out.sock"] {
                let listener = try Descriptor.bind(path, kind: Int32(SOCK_STREAM.rawValue))
                try check("listen", path, listen(listener.number, 8))
                listeners.append(listener)
            }
            try Shell.run(
                "cd \(folder)/root && ln -s /../out.sock up && ln -s \(folder)/out.sock away && ln -s own.sock near && touch file && mkdir deep && ln -s ../../../own.sock deep/link"
            )
            for path in ["/own.sock", "/near", "/deep/link"] {
                #expect(try await ask(.unix(path), place) == .success, "\(path)")
            }
            #expect(
                try await ask(.unix("/file"), place)
                    == .failure("connect /file: socket operation on non-socket (ENOTSOCK)")
            )
            for path in ["/up", "/away", "/none", "/../out.sock"] {
                guard case .failure(let why) = try await ask(.unix(path), place) else {
                    Issue.record("\(path) led out")
                    continue
                }
                #expect(why.contains("ENOENT"), "\(why)")
            }
            listeners.removeAll()
            guard case .failure(let why) = try await ask(.unix("/own.sock"), place) else {
                Issue.record("nobody listens")
                return
            }
            #expect(why == "connect /own.sock: connection refused (ECONNREFUSED)")
        }
    }

    @Test func `a process that has ended answers nothing`() async throws {
        var left: Place?
        try await withJail { place, _ in left = place }
        let place = try #require(left)
        #expect(try await ask(.tcp(4567), place) != .success)
        #expect(try await ask(.unix("/own.sock"), place) != .success)
    }
}
