// SPDX-License-Identifier: Apache-2.0
internal import Desired
internal import Plan
internal import Testing

@Suite struct PlanTests {
    private let digests = ["db": "sha256:d", "web": "sha256:w"]

    private func app(_ change: (inout Service) -> Void = { _ in }) -> App {
        let attachment = [NetworkAttachment(network: "default")]
        let db = Service(name: "db", image: "db", networks: attachment)
        var web = Service(
            name: "web",
            image: "web",
            networks: attachment,
            dependencies: [Dependency(service: "db", condition: .healthy)]
        )
        change(&web)
        return App(
            name: "a",
            services: [web, db],
            networks: [Network(name: "default")],
            volumes: [Volume(name: "data")]
        )
    }

    private func running(_ app: App) -> Observed {
        var simulator = Simulator()
        simulator.apply(Plan.plan(from: Observed(), to: app, digests: digests), app, digests)
        return simulator.node
    }

    private func plan(_ node: Observed, _ app: App) -> [String] {
        Plan.plan(from: node, to: app, digests: digests).map(\.description)
    }

    @Test func `a new app is made from the ground up`() {
        #expect(
            plan(Observed(), app()) == [
                "create network default: networks.default is new", "create volume data: volumes.data is new",
                "create a/db/1: services.db is new", "start a/db/1: services.db is new",
                "wait for db (service_healthy): services.web depends on it",
                "create a/web/1: services.web is new",
                "start a/web/1: services.web is new",
            ]
        )
    }

    @Test func `who says by itself when it has started is waited for`() {
        var app = app { $0.dependencies = [Dependency(service: "db")] }
        #expect(!plan(Observed(), app).contains { $0.hasPrefix("wait") })
        for index in app.services.indices where app.services[index].name == "db" {
            app.services[index].notification = Notification()
        }
        #expect(
            plan(Observed(), app).contains("wait for db (service_started): services.web depends on it")
        )
        var node = running(app)
        node.instances.removeAll { $0.service == "web" }
        #expect(!plan(node, app).contains { $0.hasPrefix("wait") })
        for index in node.instances.indices { node.instances[index].health = .starting }
        #expect(plan(node, app).contains { $0.hasPrefix("wait for db (service_started)") })
    }

    @Test func `the same file again changes nothing`() {
        let node = running(app())
        for _ in 0..<1000 { #expect(plan(node, app()) == []) }
    }

    @Test func `what somebody else changed is made what it was, by field`() {
        var node = running(app())
        for index in node.instances.indices where node.instances[index].service == "web" {
            node.instances[index].drift = ["deploy.resources.limits.pids", "paused"]
        }
        #expect(
            plan(node, app()) == [
                "change limits of a/web/1: services.web.deploy.resources.limits.pids drifted",
                "let a/web/1 run on: paused drifted",
            ]
        )
        // What must be made anew is not mended first.
        #expect(plan(node, app { $0.user = "1" }).allSatisfy { !$0.contains("drifted") })
    }

    @Test func `a change of fields names them`() {
        let changed = app { web in
            web.environment = ["A": "1"]
            web.user = "1"
        }
        let reason = "services.web.environment, services.web.user changed"
        #expect(plan(running(app()), changed) == ["replace a/web/1: \(reason)", "start a/web/1: \(reason)"])
    }

    @Test func `another digest replaces, another name or an unknown digest does not`() {
        let node = running(app())
        #expect(plan(node, app { $0.image = "mirror/web" }) == [])
        #expect(Plan.plan(from: node, to: app(), digests: [:]) == [])
        let moved = Plan.plan(from: node, to: app(), digests: ["db": "sha256:d", "web": "sha256:x"])
        #expect(
            moved.map(\.description) == [
                "replace a/web/1: services.web.image changed", "start a/web/1: services.web.image changed",
            ]
        )
    }

    @Test func `a live change takes no step`() {
        #expect(
            plan(
                running(app()),
                app { web in
                    web.labels = ["a": "b"]
                    web.restart.condition = .always
                }
            ) == []
        )
    }

    @Test func `limits are changed live, each by its name, and once`() {
        let changed = app { web in
            web.resources.memoryLimit = ByteCount(1 << 20)
            web.resources.cpuShares = 512
        }
        var simulator = Simulator()
        simulator.node = running(app())
        let fields = "services.web.cpu_shares, services.web.deploy.resources.limits.memory"
        #expect(plan(simulator.node, changed) == ["change limits of a/web/1: \(fields) changed"])
        simulator.apply(Plan.plan(from: simulator.node, to: changed, digests: digests), changed, digests)
        #expect(plan(simulator.node, changed) == [] && simulator.objections == [])
    }

    @Test func `what becomes of lines is changed in place, by its words, and once`() {
        let changed = app { web in
            web.logs.redact = ["k[0-9]+"]
            web.logs.onFull = .block
        }
        var simulator = Simulator()
        simulator.node = running(app())
        let fields = "services.web.x-martlet.logs.on_full, services.web.x-martlet.logs.redact"
        #expect(plan(simulator.node, changed) == ["change logging of a/web/1 in place: \(fields) changed"])
        simulator.apply(Plan.plan(from: simulator.node, to: changed, digests: digests), changed, digests)
        #expect(plan(simulator.node, changed) == [] && simulator.objections == [])
        // One that does not run begins with it, and of one whose logging is not known nothing is said.
        for index in simulator.node.instances.indices { simulator.node.instances[index].logs = nil }
        #expect(plan(simulator.node, app()) == [])
    }

    @Test func `the file wins over limits that were changed by hand`() {
        var node = running(app())
        for index in node.instances.indices where node.instances[index].service == "web" {
            node.instances[index].limits?.pidsLimit = 7
            node.instances[index].areLimitsByHand = true
        }
        let reason = "services.web.deploy.resources.limits.pids changed by hand"
        #expect(plan(node, app()) == ["change limits of a/web/1: \(reason)"])
    }

    @Test func `instances come and go from the end`() {
        let three = app { $0.replicas = 3 }
        let grown = ["2", "3"].flatMap { ["create a/web/\($0)", "start a/web/\($0)"] }
        #expect(plan(running(app()), three) == grown.map { $0 + ": services.web.deploy.replicas changed" })
        let shrunk = ["3", "2"].flatMap { ["stop a/web/\($0)", "remove a/web/\($0)"] }
        #expect(plan(running(three), app()) == shrunk.map { $0 + ": services.web.deploy.replicas changed" })
    }

    @Test func `a service that left the file goes, its volume stays`() {
        let alone = App(
            name: "a",
            services: [Service(name: "db", image: "db", networks: [NetworkAttachment(network: "default")])],
            networks: [Network(name: "default")]
        )
        #expect(
            plan(running(app()), alone) == [
                "stop a/web/1: no longer in the file", "remove a/web/1: no longer in the file",
            ]
        )
    }

    @Test func `a changed network is emptied, made anew and filled`() {
        var changed = app()
        changed.networks[0].isInternal = true
        let (db, web) = ("services.db.networks changed", "services.web.networks changed")
        #expect(
            plan(running(app()), changed) == [
                "stop a/web/1: \(web)", "remove a/web/1: \(web)", "stop a/db/1: \(db)",
                "remove a/db/1: \(db)",
                "remove network default: networks.default changed",
                "create network default: networks.default changed",
                "create a/db/1: \(db)", "start a/db/1: \(db)",
                "wait for db (service_healthy): services.web depends on it",
                "create a/web/1: \(web)", "start a/web/1: \(web)",
            ]
        )
    }

    struct End: Sendable {
        var condition: RestartPolicy.Condition
        var status: Int32?
        var isStopped = false
        var restarts = 0
        var starts: Bool
    }

    @Test(arguments: [
        End(condition: .never, status: 1, starts: false), End(condition: .never, status: nil, starts: false),
        End(condition: .onFailure, status: 0, starts: false),
        End(condition: .onFailure, status: 1, starts: true),
        End(condition: .onFailure, status: nil, starts: true),
        End(condition: .onFailure, status: 1, restarts: 2, starts: false),
        End(condition: .always, status: 0, starts: true),
        End(condition: .always, status: 0, isStopped: true, starts: false),
        End(condition: .unlessStopped, status: 0, starts: true),
        End(condition: .unlessStopped, status: 0, isStopped: true, starts: false),
    ])
    func `an end is followed by a start as the policy says`(_ end: End) {
        let app = app { web in
            web.restart.condition = end.condition
            web.restart.maximumAttempts = end.condition == .onFailure ? 2 : nil
        }
        var node = running(app)
        for index in node.instances.indices where node.instances[index].service == "web" {
            node.instances[index].state = .exited(end.status)
            if end.isStopped { node.stopped.insert(node.instances[index].name) }
            node.instances[index].restarts = end.restarts
        }
        let status = end.status.map { "exited \($0)" } ?? "exit status unknown"
        #expect(plan(node, app) == (end.starts ? ["start a/web/1: not running: \(status)"] : []))
    }

    @Test func `a start after a crash waits for what it depends on`() {
        let app = app { $0.restart.condition = .always }
        var node = running(app)
        for index in node.instances.indices {
            node.instances[index].health = .unhealthy
            if node.instances[index].service == "web" { node.instances[index].state = .exited(1) }
        }
        #expect(
            plan(node, app) == [
                "wait for db (service_healthy): services.web depends on it",
                "start a/web/1: not running: exited 1",
            ]
        )
    }

    @Test func `a dependent restarts with its dependency if it asked for it`() {
        for restarts in [true, false] {
            let app = app { $0.dependencies[0].restarts = restarts }
            let steps = Plan.plan(from: running(app), to: app, digests: ["db": "sha256:new"]).map(
                \.description
            )
            let followed = [
                "wait for db (service_healthy): services.web depends on it",
                "stop a/web/1: services.db restarted",
                "start a/web/1: services.db restarted",
            ]
            #expect(
                steps == [
                    "replace a/db/1: services.db.image changed", "start a/db/1: services.db.image changed",
                ]
                    + (restarts ? followed : [])
            )
        }
    }

    @Test func `a lost container comes back, a second one in its place goes`() {
        var node = running(app())
        let web = node.instances.removeLast()
        #expect(plan(node, app { $0.dependencies = [] }).contains("create a/web/1: services.web is new"))
        var double = web
        double.id = "zz"
        node.instances += [web, double]
        #expect(
            plan(node, app()) == [
                "stop a/web/1: another container has its place",
                "remove a/web/1: another container has its place",
            ]
        )
    }

    @Test func `a key that is not ours is a change of the whole service`() {
        var node = running(app())
        node.instances[1].replaceKey = "sha256:0"
        #expect(
            plan(node, app()) == [
                "replace a/web/1: services.web changed", "start a/web/1: services.web changed",
            ]
        )
    }

    @Test func `taking down stops dependents first and leaves volumes`() {
        let steps = Plan.teardown(of: running(app()), app: "a").map(\.description)
        #expect(
            steps
                == [
                    "stop a/web/1", "remove a/web/1", "stop a/db/1", "remove a/db/1",
                    "remove network default",
                ].map {
                    $0 + ": the app is taken down"
                }
        )
        #expect(Plan.teardown(of: running(app()), app: "b") == [])
    }
}
