// SPDX-License-Identifier: Apache-2.0

/// Which resources of a project its services use.
struct Usage {
    private var names: [String: Set<String>] = [:]

    init(_ tree: Tree) {
        for service in tree["services"]?.entries.map(\.value) ?? [] {
            for section in ["networks", "models"] {
                add(section, service[section]?.entries.map(\.key) ?? [])
                add(section, service[section]?.items.compactMap(\.text) ?? [])
            }
            for section in ["configs", "secrets"] {
                let items = (service[section]?.items ?? []) + (service["build"]?[section]?.items ?? [])
                add(section, items.compactMap { ($0["source"] ?? $0).text })
            }
            let mounts = service["volumes"]?.items ?? []
            add("volumes", mounts.filter { $0["type"]?.text == "volume" }.compactMap { $0["source"]?.text })
        }
    }

    private mutating func add(_ section: String, _ used: [String]) {
        names[section, default: []].formUnion(used)
    }

    /// The project without the resources that no service uses.
    func pruned(_ tree: Tree) -> Tree {
        var tree = tree
        for section in ["networks", "volumes", "configs", "secrets", "models"] {
            guard let all = tree[section], case .mapping(let entries) = all.content else { continue }
            let used = entries.filter { names[section]?.contains($0.key) ?? false }
            tree = tree.setting(section, used.isEmpty ? nil : all.replacing(.mapping(used)))
        }
        return tree
    }
}
