// SPDX-License-Identifier: Apache-2.0
internal import Desired
internal import Plan
internal import Testing

/// In which order containers are replaced, and how many at a time.
@Suite struct UpdateTests {
    private func app(_ change: (inout Service) -> Void) -> App {
        var web = Service(name: "web", image: "web", networks: [NetworkAttachment(network: "default")])
        change(&web)
        return App(
            name: "a",
            services: [web],
            networks: [Network(name: "default")],
            volumes: [Volume(name: "data")]
        )
    }

    private func running(_ app: App) -> Simulator {
        var simulator = Simulator()
        simulator.apply(Plan.plan(from: Observed(), to: app, digests: [:]), app, [:])
        return simulator
    }

    /// The actions by which a service with these properties gets another variable.
    private func actions(isReturn: Bool = false, _ change: (inout Service) -> Void) -> [String] {
        let node = running(app(change)).node
        let next = app { web in
            change(&web)
            web.environment = ["A": "1"]
        }
        return Plan.plan(from: node, to: next, digests: [:], isReturn: isReturn).map { "\($0.action)" }
    }

    @Test func `start-first starts beside the old one and then switches`() {
        #expect(
            actions { $0.update.order = .startFirst } == [
                "replace a/web/1 (start-first)", "switch to the new a/web/1",
            ]
        )
        #expect(actions { $0.rollback.order = .startFirst } == ["replace a/web/1", "start a/web/1"])
        #expect(actions(isReturn: true) { $0.rollback.order = .startFirst }.count == 2)
        #expect(
            actions(isReturn: true) { $0.update.order = .startFirst } == ["replace a/web/1", "start a/web/1"]
        )
    }

    @Test func `what cannot be there twice stops first, and the plan says why`() throws {
        let address = try #require(IPAddress("10.0.0.9"))
        let data = Mount(target: "/data", source: .volume("data"))
        let cases: [(String, (inout Service) -> Void)] = [
            ("network_mode is host", { ($0.networkMode, $0.networks) = (.host, []) }),
            ("networks.default.ipv4_address is fixed", { $0.networks[0].ipv4Address = address }),
            ("x-martlet.cpu.exclusive", { $0.resources.isExclusive = true }),
            ("volume data has one writer", { $0.mounts = [data] }),
        ]
        for (why, change) in cases {
            let found = actions { web in
                web.update.order = .startFirst
                change(&web)
            }
            #expect(found == ["replace a/web/1 (stop-first: \(why))", "start a/web/1"])
        }
        let shared = actions { web in
            (web.update.order, web.mounts, web.replicas) = (.startFirst, [data], 2)
        }
        #expect(shared.first == "replace a/web/1 (start-first)")
    }

    @Test func `what was stopped by hand is made anew and not started, and nobody waits for it`() {
        let old = app { $0.dependencies = [Dependency(service: "db", condition: .healthy)] }
        var whole = old
        whole.services.append(Service(name: "db", image: "db"))
        var node = running(whole).node
        for index in node.instances.indices { node.instances[index].state = .exited(143) }
        node.stopped = Set(node.instances.map(\.name))
        let digests = ["web": "sha256:new", "db": "sha256:new"]
        let steps = Plan.plan(from: node, to: whole, digests: digests)
        #expect(steps.map { "\($0.action)" } == ["replace a/db/1", "replace a/web/1"])
        var simulator = Simulator()
        simulator.node = node
        simulator.apply(steps, whole, digests)
        #expect(simulator.objections == [])
        #expect(Plan.plan(from: simulator.node, to: whole, digests: digests) == [])
    }

    @Test func `so many are replaced at a time`() {
        func replaced(_ number: Int) -> [String] { ["replace a/web/\(number)", "start a/web/\(number)"] }
        let wait = ["wait for web (ready, then 5.0 seconds)"]
        func actions(_ parallelism: Int) -> [String] {
            self.actions { web in
                (web.replicas, web.update.parallelism, web.update.delay) = (3, parallelism, .seconds(5))
            }
        }
        #expect(actions(0) == replaced(1) + replaced(2) + replaced(3))
        #expect(actions(1) == replaced(1) + wait + replaced(2) + wait + replaced(3))
        #expect(actions(2) == replaced(1) + replaced(2) + wait + replaced(3))
    }

    @Test func `a switch that was broken off goes on, and one that nobody wants any more is undone`() {
        let old = app { $0.update.order = .startFirst }
        let next = app { ($0.update.order, $0.environment) = (.startFirst, ["A": "1"]) }
        var simulator = running(old)
        let steps = Plan.plan(from: simulator.node, to: next, digests: [:])
        simulator.apply(Array(steps.prefix(1)), next, [:])
        #expect(simulator.node.instances.count == 2)
        // The same again: what stands there already is used.
        let again = Plan.plan(from: simulator.node, to: next, digests: [:])
        #expect(again == steps)
        // Back: the old one was never touched.
        let back = Plan.plan(from: simulator.node, to: old, digests: [:], isReturn: true)
        #expect(
            back.map(\.description) == [
                "stop a/web/1: the container that it was to replace stays",
                "remove a/web/1: the container that it was to replace stays",
            ]
        )
        var returned = simulator
        returned.apply(back, old, [:])
        #expect(returned.node.instances.map(\.id) == running(old).node.instances.map(\.id))
        simulator.apply(again, next, [:])
        #expect(simulator.objections == [] && returned.objections == [])
        #expect(Plan.plan(from: simulator.node, to: next, digests: [:]) == [])
    }

    @Test func `what does not run is not stood beside`() {
        var simulator = running(app { $0.update.order = .startFirst })
        simulator.node.instances[0].state = .exited(1)
        let next = app { ($0.update.order, $0.environment) = (.startFirst, ["A": "1"]) }
        let steps = Plan.plan(from: simulator.node, to: next, digests: [:])
        #expect(steps.map { "\($0.action)" } == ["replace a/web/1", "start a/web/1"])
    }
}
