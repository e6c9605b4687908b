// SPDX-License-Identifier: Apache-2.0

extension App {
    /// The services in the order of their dependencies, those without ties by name.
    ///
    /// Members of a cycle, which decoding refuses, come last.
    public var servicesInOrder: [Service] {
        var pending = services
        var done: Set<String> = []
        let known = Set(services.map(\.name))
        var order: [Service] = []
        while !pending.isEmpty {
            let next = pending.firstIndex { service in
                service.dependencies.allSatisfy { !known.contains($0.service) || done.contains($0.service) }
            }
            let service = pending.remove(at: next ?? pending.startIndex)
            done.insert(service.name)
            order.append(service)
        }
        return order
    }

    /// Services that wait for each other in a ring, beginning with the first by name.
    func dependencyCycle() -> [String]? {
        let edges = Dictionary(services.map { ($0.name, $0.dependencies.map(\.service)) }) { first, _ in first
        }
        var finished: Set<String> = []
        for start in services.map(\.name) where !finished.contains(start) {
            // Depth first, without recursion: the trail with the edges not yet followed.
            var trail: [(name: String, rest: ArraySlice<String>)] = [(start, edges[start, default: []][...])]
            while var top = trail.popLast() {
                guard let next = top.rest.popFirst() else {
                    finished.insert(top.name)
                    continue
                }
                trail.append(top)
                if let index = trail.firstIndex(where: { $0.name == next }) {
                    return trail[index...].map(\.name)
                }
                if !finished.contains(next), let rest = edges[next] { trail.append((next, rest[...])) }
            }
        }
        return nil
    }
}
