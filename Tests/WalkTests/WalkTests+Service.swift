// SPDX-License-Identifier: Apache-2.0
internal import Glibc
internal import Linux
internal import TestKit
internal import Testing

/// The agent as the service of a manager, here the test; a real one is in `PackageTests`.
extension WalkTests {
    @Test
    func `a service manager hears that the agent is ready, how it is, that it goes on, and that it ends`()
        async throws
    {
        try await withWalk { walk in
            let name = "martlet-walk-\(walk.owner)"
            let manager = try Descriptor.bind(abstract: name, kind: Int32(SOCK_DGRAM.rawValue))
            let agent = try walk.start(
                ["agent"],
                under: ["/usr/bin/env", "NOTIFY_SOCKET=@\(name)", "WATCHDOG_USEC=60000000"]
            )
            try await Self.hear(manager, ["READY=1", "STATUS=no app", "WATCHDOG=1"])
            // Each time anew.
            try await Self.hear(manager, ["WATCHDOG=1"])
            #expect(try await walk.martlet("status").code == 0)
            kill(agent.pid, SIGTERM)
            try await Self.hear(manager, ["STOPPING=1"])
            #expect(try await agent.exit() == 0)
        }
    }

    @Test
    func `an agent that goes on as another release has the time of a trial for that, and then its own again`()
        async throws
    {
        try await withWalk { walk in
            let release = try await walk.release("7.0.0"), name = "martlet-walk-\(walk.owner)"
            let manager = try Descriptor.bind(abstract: name, kind: Int32(SOCK_DGRAM.rawValue))
            let agent = try walk.start(
                ["agent"],
                under: ["/usr/bin/env", "NOTIFY_SOCKET=@\(name)", "WATCHDOG_USEC=60000000"]
            )
            try await Self.hear(manager, ["READY=1", "WATCHDOG_USEC=60000000"])
            async let done = walk.martlet("upgrade", with: [release, "--wait", "--health", "90s"])
            try await Self.hear(manager, ["WATCHDOG_USEC=150000000"])
            // What it found is what the first one was started with.
            try await Self.hear(manager, ["READY=1", "WATCHDOG_USEC=60000000"])
            let told = try await done
            #expect(told.code == 0, "\(told.output)\n\(agent.shown)")
            try await walk.end(agent)
        }
    }

    @Test func `a caller that comes before the agent waits in the socket that a service manager made`()
        async throws
    {
        try await withWalk { walk in
            let socket = "\(walk.folder)/run/martlet.sock"
            let agent = try walk.start(
                ["agent"],
                under: ["/usr/bin/systemd-socket-activate", "-l", socket, "--fdname=api"]
            )
            try await agent.wait(for: "Listening on")
            let status = try await walk.martlet("status")
            #expect(status.code == 0, "\(status.output)\n\(agent.shown)")
            #expect(try Shell.run("stat -c %a \(socket)") == "600\n")
            try await walk.end(agent)
        }
    }

    @Test func `a socket that is not known, or is none of the API's, is refused`() async throws {
        try await withWalk { walk in
            for (arguments, why) in [
                (["-l", "\(walk.folder)/run/x.sock", "--fdname=web"], "take sockets web: it is not known"),
                (["-l", "127.0.0.1:\(walk.port)", "--fdname=api"], "take sockets api: it is no unix socket"),
            ] {
                let agent = try walk.start(["agent"], under: ["/usr/bin/systemd-socket-activate"] + arguments)
                try await agent.wait(for: "Listening on")
                if arguments[1].hasPrefix("/") {
                    _ = try Descriptor.connect(arguments[1], kind: Int32(SOCK_STREAM.rawValue))
                } else {
                    try Shell.run("bash -c '</dev/tcp/127.0.0.1/\(walk.port)'")
                }
                #expect(try await agent.exit() == 1)
                #expect(try agent.output().contains(why), "\(agent.shown)")
                unlink(arguments[1])
            }
        }
    }

    /// Waits until all of these words were said.
    private static func hear(_ manager: Descriptor, _ words: Set<String>) async throws {
        let missing = try await Thread.run {
            var missing = words
            let deadline = ContinuousClock.now + ForegroundRun.patience
            while !missing.isEmpty, ContinuousClock.now < deadline {
                guard manager.wait(for: Int32(POLLIN), .seconds(1)) else { continue }
                let said = String(decoding: try manager.read(4096), as: UTF8.self)
                for word in said.split(separator: "\n") { missing.remove(String(word)) }
            }
            return missing
        }
        #expect(missing.isEmpty, "never said")
    }
}
