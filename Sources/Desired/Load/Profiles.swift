// SPDX-License-Identifier: Apache-2.0

/// Leaves out the services whose profiles are not active.
struct Profiles {
    let active: Set<String>
    let findings: Findings

    /// The project with its active services.
    func callAsFunction(_ tree: Tree) -> Tree {
        guard let services = tree["services"], case .mapping(let entries) = services.content else {
            return tree
        }
        let inactive = entries.filter { !isActive($0.value) }
        guard !inactive.isEmpty else { return tree }
        let kept = entries.filter { isActive($0.value) }
        let profiles = Dictionary(inactive.map { ($0.key, names($0.value)) }) { first, _ in first }
        for entry in kept { check(entry, profiles) }
        return tree.setting("services", services.replacing(.mapping(kept)))
    }

    private func names(_ service: Tree) -> [String] {
        service["profiles"]?.items.compactMap(\.text) ?? []
    }

    private func isActive(_ service: Tree) -> Bool {
        let names = names(service)
        return names.isEmpty || active.contains("*") || names.contains(where: active.contains)
    }

    private func check(_ service: Tree.Entry, _ inactive: [String: [String]]) {
        for (name, place, key) in references(service.value) {
            guard let profiles = inactive[name] else { continue }
            findings.add(
                "service \(Characters.quoted(name)) is not active: it has "
                    + "profile \(profiles.map { Characters.quoted($0) }.joined(separator: ", "))",
                "activate a profile of it, or give this service the same",
                at: place.position,
                .root / "services" / service.key / key
            )
        }
    }

    /// The services that this one cannot be without, and where it says so.
    private func references(_ service: Tree) -> [(name: String, place: Tree, key: String)] {
        var result: [(name: String, place: Tree, key: String)] = []
        for entry in service["depends_on"]?.entries ?? [] where entry.value["required"]?.text != "false" {
            result.append((entry.key, entry.value, "depends_on"))
        }
        for item in service["depends_on"]?.items ?? [] {
            result.append((item.text ?? "", item, "depends_on"))
        }
        for key in ["links", "volumes_from"] {
            for item in service[key]?.items ?? [] {
                let text = item.text ?? ""
                guard !text.hasPrefix("container:") else { continue }
                result.append((String(text.prefix { $0 != ":" }), item, key))
            }
        }
        for key in ["network_mode", "ipc", "pid"] {
            guard let value = service[key], let text = value.text, text.hasPrefix("service:") else {
                continue
            }
            result.append((String(text.dropFirst("service:".count)), value, key))
        }
        return result
    }
}
