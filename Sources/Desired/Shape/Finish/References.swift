// SPDX-License-Identifier: Apache-2.0

/// Checks that what services refer to is defined.
struct References {
    let project: Tree
    let findings: Findings
    private let defined: [String: Set<String>]

    init(project: Tree, findings: Findings) {
        self.project = project
        self.findings = findings
        let kinds = ["services", "networks", "volumes", "configs", "secrets", "models"]
        defined = Dictionary(
            kinds.map { ($0, Set((project[$0]?.entries ?? []).map(\.key))) },
            uniquingKeysWith: { first, _ in first }
        )
    }

    func check() {
        for service in project["services"]?.entries ?? [] {
            let field = Field(tree: service.value, path: .root / "services" / service.key, findings: findings)
            names(field, "networks", "network")
            names(field, "models", "model")
            sources(field.child("configs"), "configs", "config")
            if let config = service.value["credential_spec"]?["config"] {
                demand(config, "configs", "config", field.path / "credential_spec" / "config")
            }
            contexts(field)
            sources(field.child("secrets"), "secrets", "secret")
            sources(field.child("build")?.child("secrets"), "secrets", "secret")
            for mount in service.value["volumes"]?.items ?? [] where mount["type"]?.text == "volume" {
                if let source = mount["source"] {
                    demand(source, "volumes", "volume", field.path / "volumes")
                }
            }
        }
    }

    private func names(_ field: Field, _ kind: String, _ word: String) {
        for entry in field.tree[kind]?.entries ?? [] {
            let name = Tree.string(entry.key, at: entry.position)
            demand(name, kind, word, field.path / kind)
        }
    }

    private func contexts(_ field: Field) {
        for entry in field.child("build")?.child("additional_contexts")?.tree.entries ?? [] {
            guard let text = entry.value.text, text.hasPrefix("service:") else { continue }
            let name = Tree.string(text.dropFirst("service:".count), at: entry.value.position)
            demand(name, "services", "service", field.path / "build" / "additional_contexts" / entry.key)
        }
    }

    private func sources(_ field: Field?, _ kind: String, _ word: String) {
        guard let field else { return }
        for item in field.tree.items {
            if let source = item["source"] { demand(source, kind, word, field.path) }
        }
    }

    private func demand(_ reference: Tree, _ kind: String, _ word: String, _ path: Path) {
        guard let name = reference.text, !name.isEmpty, defined[kind]?.contains(name) != true,
            !findings.hasProblem(within: .root / kind / name),
            project[kind] != nil || !findings.hasProblem(within: .root / kind)
        else { return }
        findings.add(
            "\(word) \(Characters.quoted(name)) is not defined",
            "add it under '\(kind)'",
            at: reference.position,
            path
        )
    }
}
