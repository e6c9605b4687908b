// SPDX-License-Identifier: Apache-2.0
internal import Desired
internal import Plan
internal import Testing

/// What a changed config or secret leads to, and for whom.
@Suite struct ContentTests {
    private func app(_ config: String = "one", _ reactions: [String: ChangeReaction] = [:]) -> App {
        App(
            name: "a",
            services: [
                Service(
                    name: "web",
                    image: "web",
                    replicas: 2,
                    configs: [FileUse(source: "c.d", target: "/c")],
                    secrets: [FileUse(source: "s", target: "/run/secrets/s")],
                    onChange: reactions
                ),
                Service(name: "other", image: "web", configs: [FileUse(source: "o", target: "/o")]),
            ],
            configs: [Config(name: "c.d", content: config), Config(name: "o", content: "o")],
            secrets: [Secret(name: "s", source: .file("/s"))]
        )
    }

    /// The node once it is as the app says, with a secret of this mark.
    private func node(_ app: App, _ mark: String? = "one") -> Observed {
        var simulator = Simulator()
        simulator.apply(Plan.plan(from: Observed(), to: app, digests: [:]), app, [:])
        for index in simulator.node.instances.indices where simulator.node.instances[index].service == "web" {
            simulator.node.instances[index].contents["secrets.s"] = mark
        }
        return simulator.node
    }

    private func steps(_ node: Observed, _ app: App, _ mark: String?) -> [String] {
        let secrets = mark.map { ["s": $0] } ?? [:]
        return Plan.plan(from: node, to: app, digests: [:], secrets: secrets).map(\.description)
    }

    @Test func `a change makes new containers of its consumers, and of nobody else`() {
        let node = node(app())
        #expect(steps(node, app(), "one").isEmpty)
        let config = steps(node, app("two"), "one")
        #expect(config.first == "replace a/web/1: configs.c.d.content changed", "\(config)")
        #expect(config.contains("start a/web/2: configs.c.d.content changed"))
        #expect(!config.contains { $0.contains("other") })
        let secret = steps(node, app(), "two")
        #expect(secret.first == "replace a/web/1: secrets.s.content changed", "\(secret)")
        #expect(!secret.contains { $0.contains("other") })
        #expect(
            steps(node, app("two"), "two").first
                == "replace a/web/1: configs.c.d.content, secrets.s.content changed"
        )
    }

    @Test func `what is not known is not compared`() {
        #expect(steps(node(app(), nil), app(), "two").isEmpty)
        #expect(steps(node(app(), "one"), app(), nil).isEmpty)
    }

    @Test(arguments: [ChangeReaction.none, .execute(["true"])])
    func `what is changed in place makes no new container`(_ reaction: ChangeReaction) {
        let reactions = ["c.d": reaction, "s": reaction]
        let node = node(app("one", reactions))
        #expect(
            steps(node, app("two", reactions), "two")
                == [1, 2].map { index in
                    "change files of a/web/\(index) in place: configs.c.d.content, secrets.s.content changed"
                }
        )
        // One that must be made anew finds the other content by itself.
        let mixed = ["s": reaction]
        let found = steps(node, app("two", mixed), "two")
        #expect(found.first == "replace a/web/1: configs.c.d.content changed", "\(found)")
        #expect(!found.contains { $0.contains("in place") })
        // So does one that does not run.
        var ended = node
        for index in ended.instances.indices { ended.instances[index].state = .exited(0) }
        #expect(!steps(ended, app("two", reactions), "two").contains { $0.contains("in place") })
    }

    @Test func `a content that was being changed is changed again`() {
        let reactions = ["c.d": ChangeReaction.none]
        let app = app("one", reactions)
        var node = node(app)
        for index in node.instances.indices where node.instances[index].contents["configs.c.d"] != nil {
            node.instances[index].contents["configs.c.d"] = ""
        }
        #expect(steps(node, app, "one").count == 2)
    }
}
