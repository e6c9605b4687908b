// SPDX-License-Identifier: Apache-2.0
internal import Control
internal import FoundationEssentials
internal import Glibc
internal import Linux
internal import TestKit
internal import Testing

/// What an agent remembers, counts, and has others read.
extension WalkTests {
    @Test func `every change is on record with who made it, and a record that is touched is found`()
        async throws
    {
        try await withWalk { walk in
            try await walk.importBusybox()
            var agent = try await walk.agent()
            let text =
                "name: kept\nservices: { a: { image: 'busybox:walk', command: [sleep, '100000'], init: true } }\n"
            try await walk.apply(text)
            #expect(try await walk.martlet("exec", with: ["kept/a", "--", "true"]).code == 0)
            #expect(
                try await walk.martlet(
                    "apply",
                    with: [try walk.file("name: kept\nservices: { a: { image: 'none:1' } }\n")]
                ).code != 0
            )
            // It is the same chain after a crash.
            agent.kill()
            agent = try await walk.agent()
            try await walk.down("kept")
            func records() async throws -> [AuditRecord] {
                let told = try await walk.martlet("audit", with: ["--json"])
                return try told.output.split(separator: "\n").map {
                    try JSONDecoder().decode(AuditRecord.self, from: Data($0.utf8))
                }
            }
            let found = try await records()
            #expect(found.map(\.seq) == Array(1...4))
            #expect(
                found.map(\.action) == [
                    "PUT /v1/apps/{app}", "POST /v1/exec", "PUT /v1/apps/{app}", "DELETE /v1/apps/{app}",
                ]
            )
            #expect(
                found.map(\.result) == ["accepted", "accepted", "refused", "accepted"]
                    || found[2].result == "failed"
            )
            #expect(found.allSatisfy { $0.caller.hasPrefix("uid 0 pid ") && $0.subject == "kept" })
            #expect(found[0].digest?.hasPrefix("sha256:") == true && found[1].reason == "true")
            #expect(
                try await walk.martlet("audit", with: ["verify"]).output
                    == "records 1 to 4 are as they were written\n"
            )
            // What happened is remembered, too.
            let events = try await walk.martlet("events", with: ["--no-follow", "--since", "1h", "--json"])
            #expect(
                events.output.contains("\"kind\":\"converged\"")
                    && events.output.contains("\"kind\":\"removed\"")
            )
            #expect(!agent.shown.contains("converged"), "what another agent did is not said again")
            let log = "\(walk.folder)/state/audit/log"
            for change in [
                "sed -i 's/\"result\":\"accepted\"/\"result\":\"refused\"/' \(log)", "sed -i 2d \(log)",
                "sed -i '$d' \(log)", "sed -i 1d \(log)", ": >\(log)", "sed -i '1{h;d};2{G}' \(log)",
            ] {
                try Shell.run("cp \(log) \(log).whole && \(change)")
                let verdict = try await walk.martlet("audit", with: ["verify"])
                #expect(
                    verdict.code == 1 && verdict.output.contains("record"),
                    "\(change): \(verdict.output)"
                )
                try Shell.run("mv \(log).whole \(log)")
            }
            #expect(try await walk.martlet("audit", with: ["verify"]).code == 0)
            try await walk.end(agent)
        }
    }

    @Test func `Prometheus reads what there is to count`() async throws {
        try await withWalk { walk in
            try await walk.importBusybox()
            let agent = try await walk.agent()
            try await walk.apply(
                "name: seen\nservices: { a: { image: 'busybox:walk', command: [sleep, '100000'], init: true, deploy: { replicas: 2 } } }\n"
            )
            #expect(try await walk.martlet("status").code == 0)
            let socket = "\(walk.folder)/run/martlet.sock"
            let script = try walk.file(
                """
                import subprocess, sys
                from prometheus_client.parser import text_string_to_metric_families as read
                text = subprocess.run(["curl", "-sf", "--unix-socket", sys.argv[1], "http://martlet/metrics"], capture_output=True, text=True, check=True).stdout
                for family in read(text):
                    for sample in family.samples: print(sample.name, *[f"{k}={v}" for k, v in sorted(sample.labels.items())], int(sample.value))
                """,
                "read.py"
            )
            let read = try Shell.run("/usr/bin/python3 \(script) \(socket)").split(separator: "\n")
            for line in [
                "martlet_service_instances_running app=seen service=a 2",
                "martlet_app_state app=seen state=converged 1",
                "martlet_app_generation app=seen 1", "martlet_service_restarts app=seen service=a 0",
                "martlet_events_total kind=converged 1",
                "martlet_api_requests_total path=/v1/status status=200 1",
                "martlet_audit_writable 1", "martlet_metrics_left_out 0",
            ] { #expect(read.contains(line[...]), "\(line) of\n\(read.joined(separator: "\n"))") }
            try await walk.down("seen")
            try await walk.end(agent)
        }
    }
}
