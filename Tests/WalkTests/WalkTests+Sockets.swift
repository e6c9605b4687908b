// SPDX-License-Identifier: Apache-2.0
internal import Control
internal import Glibc
internal import Linux
internal import Synchronization
internal import TestKit
internal import Testing

extension WalkTests {
    private static func activated(_ walk: Walk, _ word: String, more: String = "", sockets: String? = nil)
        -> String
    {
        let sockets =
            sockets
                ?? """
                ["127.0.0.1:\(walk.port)", { listen: "127.0.0.1:\(walk.port)/udp", name: dgram },
                    { listen: \(walk.folder)/place/web.sock, name: file, mode: "0600" }]
                """
        return """
            name: activated
            services:
              web:
                image: busybox:walk
                command: [guest, serve, \(word)]
                network_mode: none
                restart: always
                stop_grace_period: 0s
                \(more)
                x-martlet: { notify: true, sockets: \(sockets) }
            """
    }

    /// What a server answers to who connects and says nothing; nil if nobody listens.
    private static func answer(_ port: UInt16) -> String? {
        guard let socket = try? LoopbackServer.connect(to: port) else { return nil }
        // It ends when the server has closed it, or is gone.
        guard let bytes = try? socket.readAll(limit: 1_000) else { return "" }
        return String(decoding: bytes, as: UTF8.self)
    }

    @Test func `sockets are handed to containers, and wait for the next one when there is none`() async throws
    {
        try await withWalk { walk in
            try await walk.importBusybox(extra: Walk.guest)
            var agent = try await walk.agent()
            try await walk.apply(Self.activated(walk, "one"))
            // Three standard streams, its sockets, and nothing of the agent or the keeper.
            #expect(Self.answer(walk.port) == "one web 6\n")
            let datagram = try Descriptor.connectDatagram(to: "127.0.0.1", port: walk.port)
            #expect(
                try "x".utf8.withContiguousStorageIfAvailable {
                    try datagram.send(UnsafeRawBufferPointer($0))
                } == 1
            )
            #expect(datagram.wait(for: Int32(POLLIN), ForegroundRun.patience))
            #expect(try datagram.read(100) == Array("one dgram 6\n".utf8))
            let place = "\(walk.folder)/place/web.sock"
            func atPath() throws -> String {
                let socket = try Descriptor.connect(place, kind: Int32(SOCK_STREAM.rawValue))
                return String(decoding: try socket.readAll(limit: 100), as: UTF8.self)
            }
            #expect(try atPath() == "one file 6\n")
            #expect(try Shell.run("stat -c '%a %F' \(place)") == "600 socket\n")
            #expect(try Shell.run("ss -Hltn 'sport = :\(walk.port)' | awk '{ print $3 }'") == "4096\n")

            // One that comes while there is no container is answered by the next one; nor does it need an agent.
            #expect(try await walk.martlet("stop", with: ["activated/web"]).code == 0)
            let early = Mutex<String?>(nil)
            try Thread.detach { [port = walk.port] in
                let found = Self.answer(port) ?? "refused"
                early.withLock { $0 = found }
            }
            agent.kill()
            _ = try await agent.exit()
            let waiting = try LoopbackServer.connect(to: walk.port)
            agent = try await walk.agent()
            #expect(try await walk.martlet("start", with: ["activated/web"]).code == 0)
            #expect(String(decoding: try waiting.readAll(limit: 100), as: UTF8.self) == "one web 6\n")
            let deadline = ContinuousClock.now + ForegroundRun.patience
            while early.withLock({ $0 }) == nil {
                try #require(ContinuousClock.now < deadline)
                try await Task.sleep(for: .milliseconds(10))
            }
            #expect(early.withLock { $0 } == "one web 6\n")

            // Restarts, kills and rollouts: nobody is refused.
            let done = Mutex(false), answers = Mutex<[String: Int]>([:])
            try Thread.detach { [port = walk.port] in
                while !done.withLock({ $0 }) {
                    let found = Self.answer(port) ?? "refused"
                    answers.withLock { $0[found, default: 0] += 1 }
                    usleep(2_000)
                }
                done.withLock { $0 = false }
            }
            for _ in 0..<3 { #expect(try await walk.martlet("restart", with: ["activated/web"]).code == 0) }
            let web = try await walk.instance("web", until: "runs") { $0.health == "healthy" }
            kill(try #require(web.pid), SIGKILL)
            try await walk.instance("web", until: "runs again") {
                $0.pid != web.pid && $0.health == "healthy"
            }
            try await walk.apply(Self.activated(walk, "two"))
            let three = "deploy: { replicas: 3, update_config: { order: start-first } }\n    init: true"
            try await walk.apply(Self.activated(walk, "three", more: three))
            done.withLock { $0 = true }
            while done.withLock({ $0 }) { try await Task.sleep(for: .milliseconds(10)) }
            let found = answers.withLock { $0 }
            #expect(found["refused"] == nil && found["one web 6\n"] != nil, "\(found)")
            #expect(Self.answer(walk.port) == "three web 6\n")
            #expect(try atPath() == "three file 6\n")

            // A socket that is not asked for any more is closed, and so are all with the app.
            try await walk.apply(Self.activated(walk, "four", sockets: "[\"127.0.0.1:\(walk.port)\"]"))
            #expect(Self.answer(walk.port) == "four web 4\n" && access(place, F_OK) < 0)
            try await walk.down("activated")
            // Who stores descriptors for the keeper lets go of them a moment later.
            let end = ContinuousClock.now + ForegroundRun.patience
            while (try? LoopbackServer.connect(to: walk.port)) != nil {
                try #require(ContinuousClock.now < end)
            }
            try await walk.end(agent)
        }
    }

    @Test func `a place that somebody else has is refused before anything is changed`() async throws {
        try await withWalk { walk in
            try await walk.importBusybox(extra: Walk.guest)
            let agent = try await walk.agent()
            func refusal(_ text: String) async throws -> String {
                let result = try await walk.martlet(
                    "apply",
                    with: ["--wait", try walk.file(text, "other.yaml")]
                )
                #expect(result.code == 1, "\(result.output)")
                return result.output
            }
            func other(_ more: String) -> String {
                "name: other\nservices:\n  web: { image: busybox:walk, command: [sleep, \"1000\"], stop_grace_period: 0s, \(more) }\n"
            }
            try await walk.apply(Self.activated(walk, "one"))
            let port = walk.port
            #expect(
                try await refusal(other("ports: [\"127.0.0.1:\(port):80\"]")).contains(
                    "port \(port)/tcp is taken by activated/web, which listens there"
                )
            )
            #expect(
                try await refusal(other("x-martlet: { sockets: [\"0.0.0.0:\(port)/udp\"] }")).contains(
                    "0.0.0.0:\(port)/udp is taken by activated/web"
                )
            )
            #expect(
                try await refusal(other("x-martlet: { sockets: [\(walk.folder)/place/web.sock] }")).contains(
                    "web.sock is taken by activated/web"
                )
            )
            try await walk.down("activated")
            // A port that is published, a process of the host, a file.
            try await walk.apply(other("ports: [\"127.0.0.1:\(port):80\"]"))
            #expect(
                try await refusal(Self.activated(walk, "one")).contains(
                    "127.0.0.1:\(port)/tcp is taken by other/web"
                )
            )
            try await walk.down("other")
            let server = try LoopbackServer(port: port) { _ in }
            #expect(
                try await refusal(Self.activated(walk, "one")).contains("is in use by a process of this host")
            )
            withExtendedLifetime(server) {}
            #expect(
                try await refusal(Self.activated(walk, "one", sockets: "[\(walk.folder)/run]")).contains(
                    "there is something else than a socket"
                )
            )
            #expect(
                try await refusal(Self.activated(walk, "one", sockets: "[\"192.0.2.7:80\"]")).contains(
                    "this host has no address 192.0.2.7"
                )
            )
            #expect(try await walk.instances().isEmpty)
            try await walk.end(agent)
        }
    }
}
