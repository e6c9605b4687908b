// SPDX-License-Identifier: Apache-2.0
internal import Calendar
internal import Desired
internal import Plan
internal import Testing

/// What a plan does for jobs.
@Suite struct JobPlanTests {
    private func app(_ change: (inout App) -> Void = { _ in }) -> App {
        var web = Service(name: "web", image: "web", networks: [NetworkAttachment(network: "default")])
        web.dependencies = [Dependency(service: "migrate", condition: .completed)]
        var app = App(name: "a", services: [web], networks: [Network(name: "default")])
        app.jobs = [
            Job(Service(name: "migrate", image: "m", networks: [NetworkAttachment(network: "default")]))
        ]
        change(&app)
        return app
    }

    private func actions(_ node: Observed, _ app: App, _ digests: [String: String] = [:]) -> [String] {
        Plan.plan(from: node, to: app, digests: digests).map(\.description)
    }

    @Test func `a job without a schedule runs before who waits for it, once for each definition and image`() {
        var simulator = Simulator()
        let first = app()
        #expect(
            actions(simulator.node, first) == [
                "create network default: networks.default is new", "run job migrate: x-jobs.migrate is new",
                "create a/web/1: services.web is new", "start a/web/1: services.web is new",
            ]
        )
        simulator.apply(Plan.plan(from: simulator.node, to: first, digests: [:]), first, [:])
        #expect(simulator.objections == [] && actions(simulator.node, first) == [])
        let next = app { $0.jobs[0].service.command = ["other"] }
        #expect(actions(simulator.node, next) == ["run job migrate: x-jobs.migrate changed"])
        simulator.apply(Plan.plan(from: simulator.node, to: next, digests: [:]), next, [:])
        // Both have run: on the way back nothing does.
        #expect(actions(simulator.node, first) == [] && actions(simulator.node, next) == [])
        #expect(actions(simulator.node, next, ["migrate": "sha256:1"]).count == 1)
    }

    @Test func `one with a schedule is no part of the way`() throws {
        let daily = try CronSchedule("@daily")
        let scheduled = app {
            $0.jobs[0].schedule = daily
            $0.services[0].dependencies = []
        }
        #expect(!actions(Observed(), scheduled).contains { $0.contains("migrate") })
    }

    @Test func `runs go on through changes, and end with their job or their network`() {
        let first = app()
        var node = Observed()
        var simulator = Simulator()
        simulator.apply(Plan.plan(from: node, to: first, digests: [:]), first, [:])
        node = simulator.node
        node.instances.append(
            .init(
                app: "a",
                service: "migrate",
                index: 7,
                id: "run",
                state: .running,
                imageDigest: "",
                replaceKey: first.replaceKey(of: first.jobs[0].service),
                isRun: true
            )
        )
        #expect(actions(node, first) == [])
        #expect(actions(node, app { $0.jobs[0].service.command = ["x"] }).count == 1)
        let gone = app { ($0.jobs, $0.services[0].dependencies) = ([], []) }
        #expect(
            actions(node, gone) == [
                "stop a/migrate/7: no longer in the file", "remove a/migrate/7: no longer in the file",
            ]
        )
        let moved = app { $0.networks[0].isInternal = true }
        #expect(actions(node, moved).contains { $0.hasPrefix("remove a/migrate/7: ") })
        #expect(Plan.teardown(of: node, app: "a").contains { $0.description.hasPrefix("stop a/migrate/7") })
    }
}
