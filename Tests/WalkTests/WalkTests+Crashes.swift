// SPDX-License-Identifier: Apache-2.0
internal import Containers
internal import Glibc
internal import TestKit
internal import Testing

extension WalkTests {
    /// Instants tried, all over the first second.
    private static let rounds = getenv("MARTLET_SOAK") == nil ? 12 : 100

    /// Two services on a network with an alias, the second after the first.
    private static func pair(_ walk: Walk) -> String {
        #"""
        name: pair
        x-martlet: { format: 1 }
        services:
          back:
            image: busybox:walk
            command: [httpd, -f, -p, "80", -h, /www]
            init: true
            networks: { inside: { aliases: [other-name] } }
            healthcheck: { test: [CMD, wget, -q, -O, /dev/null, "http://127.0.0.1/"], interval: 200ms, timeout: 20s, retries: 50 }
            restart: always
          front:
            image: busybox:walk
            command:
              - sh
              - -c
              - |
                mkdir -p /tmp/cgi-bin
                printf '%s\n' '#!/bin/sh' 'printf "\n"' 'wget -q -O - http://other-name/' >/tmp/cgi-bin/ask
                chmod 755 /tmp/cgi-bin/ask
                exec httpd -f -p 80 -h /tmp
            init: true
            networks: [inside]
            depends_on: { back: { condition: service_healthy } }
            ports: ["127.0.0.1:\#(walk.port):80"]
            restart: always
        networks: { inside: {} }
        """#
    }

    @Test func `a foreground killed at any instant leaves what the next one can use`() async throws {
        try await withWalk { walk in
            try await walk.importBusybox()
            let before = try walk.census()
            let path = try walk.file(Self.pair(walk))
            for round in 0..<Self.rounds {
                let run = try walk.start(["run"], [path])
                try await Task.sleep(for: .milliseconds(round * 643 % 1_000))
                run.kill()
            }
            let run = try await walk.up(Self.pair(walk))
            #expect(try walk.page("cgi-bin/ask") == "up\n")
            #expect(try await walk.pids().count == 2)
            run.interrupt()
            #expect(try await run.exit() == 0, "\(run.shown)")
            #expect(try walk.census() == before)
        }
    }

    @Test func `Ctrl-C at any instant takes everything down`() async throws {
        try await withWalk { walk in
            try await walk.importBusybox()
            let before = try walk.census()
            let path = try walk.file(Self.pair(walk))
            for round in 0..<Self.rounds {
                let run = try walk.start(["run"], [path])
                // Before it takes the signal over, Ctrl-C just ends it, and nothing is made yet.
                try await Task.sleep(for: .milliseconds(round * 643 % 1_000))
                run.interrupt()
                let code = try await run.exit()
                #expect(code == 0 || code == 130, "\(run.shown)")
                #expect(try walk.census() == before)
            }
        }
    }

    @Test func `a keeper killed while containers start fails the run or not, and leaves nothing`()
        async throws
    {
        try await withWalk { walk in
            try await walk.importBusybox()
            let before = try walk.census()
            let path = try walk.file(Self.pair(walk))
            for round in 0..<Self.rounds {
                let run = try walk.start(["run"], [path])
                let keeper = try await walk.keeper()
                keeper.close()
                try await Task.sleep(for: .milliseconds(round * 643 % 900))
                kill(keeper.pid, SIGKILL)
                var ended = false
                try? await run.wait(until: "end or success") { text in
                    ended = text.contains("martlet: ") || text.contains("stopping pair")
                    return ended || text.contains("is up: Ctrl-C stops it")
                }
                if !ended {
                    // Seen once in some 300 rounds, and not understood: the name of the other service was not answered.
                    withKnownIssue(
                        "a page that asks by name while the keeper is replaced",
                        isIntermittent: true
                    ) {
                        let page = try walk.page("cgi-bin/ask")
                        #expect(page == "up\n", "\(run.shown)")
                    }
                    run.interrupt()
                }
                let code = try await run.exit()
                #expect(code == 0 || ended && code == 1, "\(run.shown)")
                let after = try walk.census()
                #expect(after == before, "round \(round): \(run.shown)")
            }
        }
    }

    @Test func `an adopted service keeps its alias and port, and is restarted by its policy`() async throws {
        try await withWalk { walk in
            try await walk.importBusybox()
            let first = try await walk.up(Self.pair(walk))
            #expect(try walk.page("cgi-bin/ask") == "up\n")
            first.kill()
            let second = try await walk.up(Self.pair(walk))
            #expect(try walk.page("cgi-bin/ask") == "up\n")
            let back = try #require(try await walk.pids().first { $0.key.contains("back") })
            try Shell.run("kill -9 \(back.value)")
            try await second.wait(for: "pair/back/1 exited 137")
            // Its name leads to it once it is healthy again.
            try await second.wait(until: "health after the start") { text in
                guard let start = text.firstRange(of: "pair/back/1 started") else { return false }
                return text[start.upperBound...].contains("pair/back/1 is healthy")
            }
            #expect(try walk.page("cgi-bin/ask") == "up\n")
            second.interrupt()
            #expect(try await second.exit() == 0)
        }
    }

    @Test func `a container that ended while nobody looked keeps its status and its last words`() async throws
    {
        try await withWalk { walk in
            try await walk.importBusybox()
            try Shell.run("mkdir -m 755 \(walk.folder)/control")
            let text = """
                name: alone
                x-martlet: { format: 1 }
                services:
                  one:
                    image: busybox:walk
                    command: [sh, -c, "echo first; while [ ! -e /control/go ]; do usleep 20000; done; echo last words; exit 7"]
                    restart: on-failure
                    volumes: ["\(walk.folder)/control:/control:ro"]
                """
            let first = try await walk.up(text)
            try await first.wait(for: "| first")
            let pid = try #require(try await walk.pids().values.first)
            first.kill()
            try Shell.run(
                "touch \(walk.folder)/control/go; timeout 60 sh -c 'while [ -e /proc/\(pid) ]; do sleep 0.02; done'"
            )
            let second = try await walk.up(text)
            #expect(try second.output().contains("not running: exited 7"), "\(second.shown)")
            second.interrupt()
            #expect(try await second.exit() == 0)
            let log = try await walk.logs("alone")
            #expect(log.output.count(of: "last words") == 2, "\(log.output)")
        }
    }
}
