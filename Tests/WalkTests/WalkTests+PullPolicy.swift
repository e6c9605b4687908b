// SPDX-License-Identifier: Apache-2.0
internal import TestKit
internal import Testing

extension WalkTests {
    @Test(.enabled(if: DebianRegistry.isThere, "install docker-registry and skopeo"))
    func `every word of pull_policy means what Compose says`() async throws {
        // How often the name is asked for: not here, here, here and pulled long ago; nil is refused.
        let words: [(word: String, asked: [Int?])] = [
            ("always", [1, 1, 1]), ("missing", [1, 0, 0]), ("if_not_present", [1, 0, 0]),
            ("never", [nil, 0, 0]),
            ("daily", [1, 0, 1]), ("weekly", [1, 0, 1]), ("every_36h", [1, 0, 1]),
        ]
        try await withWalk { walk in
            let registry = try DebianRegistry(walk)
            defer { registry.end() }
            let node = try registry.node(walk)
            let image = try await walk.publishBusybox(registry, as: "team/app:1", node)
            let agent = try await walk.agent(["--node", node])
            func app(_ word: String, _ round: Int) -> String {
                """
                name: policies
                services:
                  one: { image: "\(image)", command: [sleep, "100000"], init: true, pull_policy: \(word), labels: { a: "\(round)" } }
                """
            }
            for (word, wanted) in words {
                for (round, wanted) in wanted.enumerated() {
                    if round == 2 {
                        try Shell.run(
                            "sed -i -E 's/\"pulledAt\":[0-9]+/\"pulledAt\":1000/' \(walk.folder)/state/images/index.json"
                        )
                    }
                    let file = try walk.file(app(word, round))
                    _ = try registry.asked()
                    let result = try await walk.martlet("apply", with: ["--wait", file])
                    let asked = try registry.asked().count { $0 == "team/app/manifests/1" }
                    #expect(asked == wanted ?? 0, "\(word), round \(round)")
                    guard wanted == nil else {
                        #expect(result.code == 0, "\(word), round \(round): \(result)")
                        continue
                    }
                    #expect(result.code == 1 && result.output.contains("is not here"), "\(result)")
                    // Brought by hand, which `never` is for.
                    _ = try await walk.martlet("image", "pull", with: ["--node", node, image])
                }
                try await walk.down("policies")
                try await walk.forgetImages(image)
            }
            for (word, remedy) in [
                ("build", "bring the built image with `martlet image import`, and use never"),
                ("refresh", "use always, missing, never, daily, weekly or for example every_12h"),
            ] {
                let refused = try await walk.martlet("apply", with: [try walk.file(app(word, 0))])
                #expect(refused.code == 2 && refused.output.contains(remedy), "\(refused)")
                #expect(refused.output.contains("compose.yaml:3:"), "\(refused)")
            }
            try await walk.end(agent)
        }
    }
}
