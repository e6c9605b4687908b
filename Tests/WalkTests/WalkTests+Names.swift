// SPDX-License-Identifier: Apache-2.0
internal import TestKit
internal import Testing

extension WalkTests {
    @Test func `a container has its names, its links and its processors`() async throws {
        try await withWalk { walk in
            try await walk.importBusybox()
            let agent = try await walk.agent()
            let look =
                "for n in store db plain; do nslookup $$n. 2>&1 | grep -q 'Name:' && echo found $$n || echo no $$n; done"
            let text = """
                name: names
                services:
                  db: { image: "busybox:walk", command: [sleep, "1000"], init: true, networks: [n] }
                  web:
                    image: busybox:walk
                    init: true
                    networks: [n]
                    hostname: web
                    domainname: example.net
                    dns_search: [example.net, example.org]
                    dns_opt: ["ndots:1", "timeout:3"]
                    links: ["db:store", db]
                    expose: [80]
                    annotations: { a: b }
                    platform: linux
                    cpuset: "0"
                    cpu_quota: 50000
                    mem_reservation: 16m
                    command: [sh, -c, "hostname; hostname -f; cat /proc/sys/kernel/domainname; tail -n +2 /etc/resolv.conf; grep -h Cpus_allowed_list /proc/self/status; \(look); echo end; sleep 1000"]
                  other:
                    image: busybox:walk
                    init: true
                    networks: [n]
                    depends_on: [db]
                    command: [sh, -c, "\(look); echo end; sleep 1000"]
                networks: { n: { internal: true, labels: { a: b } } }
                """
            try await walk.apply(text)
            func shown(_ service: String) async throws -> [String] {
                let deadline = ContinuousClock.now + ForegroundRun.patience
                while true {
                    let lines = try await walk.lines("names/\(service)").map(String.init)
                    if lines.last == "end" { return lines }
                    try #require(ContinuousClock.now < deadline, "\(lines)")
                    try await Task.sleep(for: .milliseconds(50))
                }
            }
            let web = try await shown("web")
            let wanted = [
                "web", "web.example.net", "example.net", "search example.net example.org",
                "options ndots:1 timeout:3", "Cpus_allowed_list:\t0", "found store", "found db", "no plain",
                "end",
            ]
            #expect(web == wanted, "\(web)")
            #expect(try await shown("other") == ["no store", "found db", "no plain", "end"])

            let elsewhere = text.replacing("platform: linux", with: "platform: linux/s390x")
            let refused = try await walk.martlet("apply", with: ["--wait", try walk.file(elsewhere)])
            #expect(refused.code == 1 && refused.output.contains("platform: the node is linux/"))
            try await walk.down("names")
            try await walk.end(agent)
        }
    }
}
