// SPDX-License-Identifier: Apache-2.0

extension App {
    /// The services in the order of their dependencies, those without ties by name.
    ///
    /// Members of a cycle, which decoding refuses, come last.
    public var servicesInOrder: [Service] {
        workloadsInOrder.filter { job($0.name) == nil }
    }

    /// The same with what jobs run among them.
    public var workloadsInOrder: [Service] {
        var pending = workloads.sorted { $0.name < $1.name }
        var done: Set<String> = []
        let known = Set(pending.map(\.name))
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
