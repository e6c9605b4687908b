// SPDX-License-Identifier: Apache-2.0
internal import Desired
internal import Plan
internal import Testing

@Suite struct ConvergenceTests {
    @Test(arguments: UInt64(0)..<300)
    func `after a plan there is nothing left to do`(_ seed: UInt64) {
        var random = RandomApp(seed: seed)
        var simulator = Simulator()
        let foreign = Observed.Instance(
            app: "other",
            service: "a",
            index: 1,
            id: "f1",
            state: .running,
            imageDigest: "",
            replaceKey: "{}"
        )
        simulator.node.instances = [foreign]
        for _ in 0..<6 {
            let app = random.app()
            let digests = random.digests(app)
            let steps = Plan.plan(from: simulator.node, to: app, digests: digests)
            #expect(steps == Plan.plan(from: simulator.node, to: app, digests: digests))
            simulator.apply(steps, app, digests)
            #expect(simulator.objections == [])
            let again = Plan.plan(from: simulator.node, to: app, digests: digests)
            #expect(again == [], "\(steps)")
            let wanted = Set(
                app.services.flatMap { service in (0..<service.replicas).map { "\(service.name)/\($0 + 1)" } }
            )
            let found = simulator.node.instances.filter { $0.app == "app" }.map {
                "\($0.service)/\($0.index)"
            }
            #expect(found.count == wanted.count && Set(found) == wanted)
            #expect(simulator.node.instances.contains(foreign))
            random.disturb(&simulator.node)
            if !simulator.node.instances.contains(foreign) {
                simulator.node.instances.removeAll { $0.app == "other" }
                simulator.node.instances.append(foreign)
            }
        }
        let rest = App(name: "app")
        simulator.apply(Plan.teardown(of: simulator.node, app: "app"), rest, [:])
        #expect(simulator.objections == [])
        #expect(simulator.node.instances.allSatisfy { $0.app == "other" } && simulator.node.networks.isEmpty)
        #expect(Plan.teardown(of: simulator.node, app: "app") == [])
    }

    @Test(arguments: UInt64(0)..<100)
    func `starts follow dependencies and stops go the other way`(_ seed: UInt64) {
        var random = RandomApp(seed: seed)
        let app = random.app()
        var simulator = Simulator()
        let steps = Plan.plan(from: Observed(), to: app, digests: [:])
        simulator.apply(steps, app, [:])
        let starts = steps.compactMap { step in
            if case .start(let name) = step.action { name.service } else { nil }
        }
        let removals = Plan.teardown(of: simulator.node, app: "app").compactMap { step in
            if case .remove(let name, _) = step.action { name.service } else { nil }
        }
        for service in app.services {
            for dependency in service.dependencies {
                if let first = starts.firstIndex(of: service.name),
                    let last = starts.lastIndex(of: dependency.service)
                {
                    #expect(last < first)
                }
                if let last = removals.lastIndex(of: service.name),
                    let first = removals.firstIndex(of: dependency.service)
                {
                    #expect(last < first)
                }
            }
        }
    }
}
