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
            // There is nothing left to do, and a time that is none holds nothing up.
            let told = try Shell.run("MARTLET_HALT_TIME=soon \(halt) 2>&1 >/dev/null")
            #expect(told.contains("MARTLET_HALT_TIME is 'soon', and 80s are taken"), "\(told)")
            #expect(try Shell.run("\(halt) --within 90 2>&1 || echo $?").hasSuffix("\n2\n"))
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

    @Test(
        arguments: [
            ("registries: [{ prefix: a.example, auth: 'cred:registry.json' }]\n", nil, nil),
            (
                "stores: { safe: { dir: /srv, encrypt: 'cred:store.key' } }\n", nil,
                "stores.safe is done without: read cred:store.key"
            ),
            ("", "registries: [{\n", "settings.yaml is used instead"),
        ] as [(String, String?, String?)]
    )
    func `settings that cannot be used when the keeper ends keep no container from its own end`(
        _ settings: String,
        _ typo: String?,
        _ words: String?
    ) async throws {
        try await withWalk { walk in
            try await walk.importBusybox()
            let told = "\(walk.folder)/told"
            try Shell.run("mkdir -m 777 \(told); mkdir \(walk.folder)/credentials")
            let node = try walk.file("format: 1\n\(settings)", "node.yaml")
            let credentials = ["/usr/bin/env", "CREDENTIALS_DIRECTORY=\(walk.folder)/credentials"]
            var agent = try await walk.agent(["--node", node], under: credentials)
            func service(_ name: String, _ more: String) -> String {
                """
                  \(name):
                    image: busybox:walk
                    command: [sh, -c, 'trap "sleep 0.3; echo \(name) >>/told/ends; exit 0" TERM; echo up; while :; do sleep 0.05; done']
                    volumes: ["\(told):/told"]
                \(more)

                """
            }
            try await walk.apply(
                "name: tower\nservices:\n" + service("base", "") + service("top", "    depends_on: [base]")
            )
            try await walk.end(agent)
            if let typo { _ = try walk.file("format: 1\n\(typo)", "node.yaml") }
            let said = try Shell.run(
                "\(Walk.martlet)-agent halt --node \(node) --state-dir \(walk.folder)/state --runtime-dir \(walk.folder)/run 2>&1"
            )
            #expect(try Shell.run("cat \(told)/ends") == "top\nbase\n", "\(said)")
            if let words { #expect(said.contains(words), "\(said)") }
            _ = try walk.file("format: 1\n\(settings)", "node.yaml")
            agent = try await walk.agent(["--node", node], under: credentials)
            try await walk.down("tower")
            try await walk.end(agent)
        }
    }
}
