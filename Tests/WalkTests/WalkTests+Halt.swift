// SPDX-License-Identifier: Apache-2.0
internal import Control
internal import TestKit
internal import Testing

extension WalkTests {
    @Test func `before the keeper ends each container ends in its turn and its own way, and all come back`()
        async throws
    {
        try await withWalk { walk in
            try await walk.importBusybox()
            var agent = try await walk.agent()
            try Shell.run("mkdir -m 777 \(walk.folder)/told")
            func service(_ name: String, _ more: String) -> String {
                """
                  \(name):
                    image: busybox:walk
                    command: [sh, -c, 'trap "sleep 0.3; echo \(name) >>/told/ends; exit 0" TERM; echo up; while :; do sleep 0.05; done']
                    volumes: ["\(walk.folder)/told:/told"]
                    restart: on-failure
                \(more)

                """
            }
            try await walk.apply(
                "name: tower\nservices:\n" + service("base", "")
                    + service("middle", "    depends_on: [base]")
                    + service("top", "    depends_on: [middle]") + service("idle", "    depends_on: [top]")
            )
            try await walk.martlet("stop", with: ["tower/idle"])
            #expect(try Shell.run("cat \(walk.folder)/told/ends") == "idle\n")
            let before = try await walk.instances().filter { $0.state == "running" }.map(\.service).sorted()
            #expect(before == ["base", "middle", "top"])
            try await walk.end(agent)
            let halt =
                "\(Walk.martlet)-agent halt --state-dir \(walk.folder)/state --runtime-dir \(walk.folder)/run"
            try Shell.run("\(halt) 2>\(walk.folder)/halt.log || { cat \(walk.folder)/halt.log; exit 1; }")
            #expect(try Shell.run("cat \(walk.folder)/told/ends") == "idle\ntop\nmiddle\nbase\n")
            try Shell.run("\(halt) 2>/dev/null")  // there is nothing left to do
            #expect(try Shell.run("cat \(walk.folder)/told/ends") == "idle\ntop\nmiddle\nbase\n")
            agent = try await walk.agent()
            while try await walk.instances().filter({ $0.state == "running" }).count < 3 {
                try await Task.sleep(for: .milliseconds(50))
            }
            let after = try await walk.instances().filter { $0.state == "running" }.map(\.service).sorted()
            #expect(after == before)
            try await walk.down("tower")
            try await walk.end(agent)
        }
    }
}
