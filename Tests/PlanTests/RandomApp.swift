// SPDX-License-Identifier: Apache-2.0
internal import Desired
internal import Plan
internal import TestKit

/// Draws apps, digests and accidents.
struct RandomApp {
    var generator: SeededGenerator

    init(seed: UInt64) {
        generator = SeededGenerator(seed: seed)
    }

    mutating func app() -> App {
        let networks = ["default", "front", "back"].filter { _ in chance(2) }.map {
            Network(name: $0, isInternal: chance(2))
        }
        let volumes = ["data", "cache"].filter { _ in chance(2) }.map { Volume(name: $0) }
        var services: [Service] = []
        for name in ["a", "b", "c", "d", "e", "f"] where chance(3, of: 4) {
            var service = Service(name: name, image: "i")
            service.replicas = Int.random(in: 0...3, using: &generator)
            service.environment = chance(2) ? ["A": String(Int.random(in: 0...2, using: &generator))] : [:]
            service.labels = chance(2) ? ["l": "1"] : [:]
            service.networks = networks.filter { _ in chance(2) }.map { NetworkAttachment(network: $0.name) }
            service.restart.condition =
                [.never, .onFailure, .always, .unlessStopped].randomElement(using: &generator) ?? .never
            service.healthcheck = Healthcheck(test: .command(["true"]))
            service.update.order = chance(2) ? .startFirst : .stopFirst
            service.update.parallelism = Int.random(in: 0...2, using: &generator)
            service.dependencies = services.filter { _ in chance(3) }.map { other in
                let completes = [.never, .onFailure].contains(other.restart.condition)
                let conditions: [Dependency.Condition] =
                    completes ? [.started, .completed] : [.started, .healthy]
                return Dependency(
                    service: other.name,
                    condition: conditions.randomElement(using: &generator) ?? .started,
                    isRequired: chance(2),
                    restarts: chance(2)
                )
            }
            services.append(service)
        }
        return App(
            name: "app",
            services: services.shuffled(using: &generator),
            networks: networks,
            volumes: volumes
        )
    }

    mutating func digests(_ app: App) -> [String: String] {
        Dictionary(
            app.services.map { ($0.name, "sha256:\(Int.random(in: 0...1, using: &generator))") },
            uniquingKeysWith: { first, _ in first }
        )
    }

    /// Lets containers end, vanish or double behind the agent's back.
    mutating func disturb(_ node: inout Observed) {
        node.instances.removeAll { _ in chance(8) }
        for index in node.instances.indices {
            if chance(4) {
                node.instances[index].state = .exited([0, 1, nil].randomElement(using: &generator) ?? 1)
            }
            if chance(8) { node.instances[index].replaceKey = "lost" }
            if chance(8) {
                var double = node.instances[index]
                double.id += "x"
                node.instances.append(double)
            }
        }
        node.volumes.removeAll { _ in chance(8) }
    }

    mutating func chance(_ count: Int, of total: Int? = nil) -> Bool {
        Int.random(in: 0..<(total ?? count), using: &generator) < (total == nil ? 1 : count)
    }
}
