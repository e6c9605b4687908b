// SPDX-License-Identifier: Apache-2.0
internal import Control
internal import FoundationEssentials
internal import Testing

extension WalkTests {
    /// A page at the walk's port, replaced start-first, beside a service that is replaced in place.
    static func pages(
        _ walk: Walk,
        web: String = "exec httpd -f -p 80 -h /www",
        level: Int = 1,
        policy: String = "",
        more: String = ""
    ) -> String {
        """
        name: pages
        x-martlet: { rollout: { deadline: 60s, keep: 9 } }
        services:
          web:
            image: busybox:walk
            init: true
            command: [sh, -c, "\(web)"]
            environment: { LEVEL: "\(level)" }
            ports: ["127.0.0.1:\(walk.port):80"]
            healthcheck: { test: [CMD, wget, -q, -O, /dev/null, "http://127.0.0.1/"], interval: 100ms, timeout: 20s, retries: 20 }
            restart: always
            depends_on: [back]
            deploy: { update_config: { order: start-first\(policy) }, rollback_config: { order: start-first } }
            x-martlet: { drain: { wait: 300ms } }
          back:
            image: busybox:walk
            init: true
            command: [sleep, "100000"]
            environment: { LEVEL: "\(level)" }
            restart: always
            deploy: { update_config: { monitor: 0s }, rollback_config: { monitor: 0s } }
        \(more)
        """
    }

    static func history(_ walk: Walk) async throws -> [GenerationStatus] {
        let result = try await walk.martlet("history", with: ["--json", "pages"])
        try #require(result.code == 0, "\(result.output)")
        return try JSONDecoder().decode([GenerationStatus].self, from: Data(result.output.utf8))
    }

    static func events(_ walk: Walk, _ kind: String) async throws -> [EventRecord] {
        let result = try await walk.martlet("events", with: ["--json", "--no-follow", "--since", "1h"])
        try #require(result.code == 0, "\(result.output)")
        return try result.output.split(separator: "\n").map {
            try JSONDecoder().decode(EventRecord.self, from: Data($0.utf8))
        }.filter { $0.kind == kind }
    }

    static func pagesState(_ walk: Walk) async throws -> AppStatus {
        let result = try await walk.martlet("status", with: ["--json"])
        try #require(result.code == 0, "\(result.output)")
        let status = try JSONDecoder().decode(NodeStatus.self, from: Data(result.output.utf8))
        return try #require(status.apps.first { $0.name == "pages" })
    }
}
