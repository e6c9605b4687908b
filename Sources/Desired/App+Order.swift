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
}
