// SPDX-License-Identifier: Apache-2.0
internal import FoundationEssentials
internal import Glibc
internal import Linux
internal import TestKit
internal import Testing

extension WalkTests {
    private struct Record: Decodable {
        var service: String
        var addresses: [String: String]
    }

    @Test func `network modes and networks separate as they say`() async throws {
        try await withWalk { walk in
            try await walk.importBusybox()
            try Shell.run("mkdir -m 755 \(walk.folder)/told")
            let web = "command: [httpd, -f, -p, \"80\", -h, /www]"
            let ask =
                "while [ ! -s /told/peer ]; do usleep 50000; done; timeout 3 wget -q -O - http://$$(cat /told/peer)/ && echo reached || echo apart"
            let run = try await walk.up(
                """
                name: nets
                x-martlet: { format: 1 }
                services:
                  none: { image: "busybox:walk", command: [sh, -c, "cat /proc/net/dev; ip addr; echo end; sleep 1000"], network_mode: none, init: true }
                  host: { image: "busybox:walk", command: [sh, -c, "cat /proc/net/dev; echo end; sleep 1000"], network_mode: host, init: true }
                  there: { image: "busybox:walk", \(web), init: true, networks: [two] }
                  apart:
                    image: busybox:walk
                    command: [sh, -c, "\(ask); nslookup there | tail -n +3; echo end; sleep 1000"]
                    init: true
                    networks: [one]
                    volumes: ["\(walk.folder)/told:/told:ro"]
                  beside:
                    image: busybox:walk
                    command: [sh, -c, "\(ask); timeout 3 wget -q -O - http://there/; echo end; sleep 1000"]
                    init: true
                    networks: [two]
                    volumes: ["\(walk.folder)/told:/told:ro"]
                networks: { one: {}, two: {} }
                """
            )
            let found = try Shell.run("cat \(walk.folder)/run/instances/*-there-*.json")
            let record = try JSONDecoder().decode(Record.self, from: Data(found.utf8))
            let peer = try #require(record.addresses["two"])
            try Descriptor.open("\(walk.folder)/told/peer", O_CREAT | O_WRONLY, mode: 0o644).write(
                Array(peer.utf8)
            )
            for service in ["none.1", "host.1", "apart.1", "beside.1"] {
                try await run.wait(until: "end of \(service)") {
                    Self.lines(of: service, in: $0).contains("end")
                }
            }
            let told = try run.output()
            let none = Self.lines(of: "none.1", in: told)
            #expect(
                Self.interfaces(none) == ["lo"] && none.contains { $0.contains("127.0.0.1/8") },
                "\(none)"
            )
            let host = try Shell.run("cat /proc/net/dev").split(separator: "\n").map(String.init)
            // Other agents' interfaces come and go.
            #expect(
                Self.interfaces(Self.lines(of: "host.1", in: told)).isSuperset(
                    of: Self.interfaces(host).filter { !$0.hasPrefix("m") && !$0.hasPrefix("v") }
                )
            )
            let apart = Self.lines(of: "apart.1", in: told)
            #expect(
                apart.contains("apart") && !apart.contains("reached")
                    && !apart.contains { $0.contains(peer) && $0.contains("ddress") },
                "\(apart)"
            )
            let beside = Self.lines(of: "beside.1", in: told)
            #expect(beside.contains("reached") && beside.filter { $0 == "up" }.count == 2, "\(beside)")
            run.interrupt()
            #expect(try await run.exit() == 0)
        }
    }

    /// What one container wrote, in what the foreground shows.
    private static func lines(of label: String, in shown: String) -> [String] {
        shown.split(separator: "\n").filter { $0.hasPrefix(label) }.compactMap { line in
            line.firstIndex(of: "|").map { String(line[$0...].dropFirst(2)) }
        }
    }

    /// The names in `/proc/net/dev`.
    private static func interfaces(_ lines: [String]) -> Set<String> {
        Set(
            lines.compactMap { line in
                line.wholeMatch(of: #/ *([a-z0-9_.@-]+): *[0-9]+ .*/#).map { String($0.1) }
            }
        )
    }

    @Test func `a published UDP port answers`() async throws {
        try await withWalk { walk in
            try await walk.importExample()
            let port = try LoopbackServer.freePort(SOCK_DGRAM)
            let run = try await walk.up(
                """
                name: echo
                x-martlet: { format: 1 }
                services:
                  echo:
                    image: clickme/web:1
                    command:
                      - ruby
                      - -rsocket
                      - -e
                      - "$$stdout.sync = true; s = UDPSocket.new; s.bind('0.0.0.0', 5000); puts 'bound'; loop { m, a = s.recvfrom(99); s.send(m.upcase, 0, a[3], a[1]) }"
                    ports: ["127.0.0.1:\(port):5000/udp"]
                    stop_grace_period: 1s
                """
            )
            try await run.wait(for: "| bound")
            let answer = try Shell.run(
                "timeout 20 bash -c 'exec 3<>/dev/udp/127.0.0.1/\(port); echo hello >&3; head -n 1 <&3'"
            )
            #expect(answer == "HELLO\n")
            run.interrupt()
            #expect(try await run.exit() == 0)
        }
    }

    @Test func `a read-only root, a small tmpfs, a read-only bind and a memory limit hold`() async throws {
        try await withWalk { walk in
            try await walk.importBusybox()
            try Shell.run("mkdir -m 777 \(walk.folder)/shared && echo given >\(walk.folder)/shared/file")
            let run = try await walk.up(
                """
                name: limits
                x-martlet: { format: 1 }
                services:
                  sealed:
                    image: busybox:walk
                    read_only: true
                    tmpfs: ["/tmp:size=1m,mode=1777"]
                    volumes: ["\(walk.folder)/shared:/shared:ro"]
                    command:
                      - sh
                      - -c
                      - |
                        touch /here 2>&1
                        touch /shared/here 2>&1; cat /shared/file
                        df -k /tmp | tail -n 1
                        dd if=/dev/zero of=/tmp/big bs=1k count=2048 2>/dev/null || echo full
                        wc -c /tmp/big
                        echo end
                  hog:
                    image: busybox:walk
                    command: [tail, /dev/zero]
                    deploy: { resources: { limits: { memory: 32M } } }
                """
            )
            try await run.wait(for: "limits/hog/1 exited 137")
            try await run.wait(for: "limits/sealed/1 exited 0")
            let log = try await walk.logs("limits/sealed")
            let lines = Self.lines(of: "sealed.1", in: log.output)
            try #require(lines.count == 7, "\(lines)")
            #expect(lines[0].contains("Read-only file system") && lines[1].contains("Read-only file system"))
            #expect(lines[2] == "given")
            #expect(lines[3].split(separator: " ").dropFirst().first == "1024", "\(lines[3])")
            #expect(lines[4] == "full" && lines[5] == "1048576 /tmp/big" && lines[6] == "end", "\(lines)")
            run.interrupt()
            #expect(try await run.exit() == 0)
        }
    }
}
