// SPDX-License-Identifier: Apache-2.0

/// Checks that services wait for services that exist, and not for each other.
struct Dependencies {
    let project: Tree
    let findings: Findings

    func check() {
        let services = project["services"]?.entries ?? []
        let known = Set(services.map(\.key))
        var edges: [String: [String]] = [:]
        for service in services {
            for entry in service.value["depends_on"]?.entries ?? [] {
                if known.contains(entry.key) {
                    edges[service.key, default: []].append(entry.key)
                } else if entry.value["required"]?.text != "false",
                    !findings.hasProblem(within: .root / "services" / entry.key)
                {
                    findings.add(
                        "service \(Characters.quoted(entry.key)) is not defined",
                        "add it, or write 'required: false'",
                        at: entry.position,
                        .root / "services" / service.key / "depends_on"
                    )
                }
            }
        }
        guard let cycle = Dependencies.cycle(edges), let first = cycle.first,
            let tree = project["services"]?[first]?["depends_on"]
        else { return }
        findings.add(
            "services wait for each other: \((cycle + [first]).joined(separator: " -> "))",
            "remove one dependency",
            at: tree.position,
            .root / "services" / first / "depends_on"
        )
    }

    /// Services that wait for each other in a ring, beginning with the first by name.
    private static func cycle(_ edges: [String: [String]]) -> [String]? {
        var finished: Set<String> = []
        for start in edges.keys.sorted() where !finished.contains(start) {
            // Depth first, without recursion: the trail with the edges not yet followed.
            var trail: [(name: String, rest: ArraySlice<String>)] = [(start, edges[start, default: []][...])]
            var open: Set<String> = [start]
            while var top = trail.popLast() {
                guard let next = top.rest.popFirst() else {
                    finished.insert(top.name)
                    open.remove(top.name)
                    continue
                }
                trail.append(top)
                if open.contains(next) { return trail.map(\.name).drop { $0 != next }.map { $0 } }
                if !finished.contains(next) {
                    trail.append((next, edges[next, default: []][...]))
                    open.insert(next)
                }
            }
        }
        return nil
    }
}
