// SPDX-License-Identifier: Apache-2.0

/// What a file defines, in the long form, and what each of its services extends.
struct ServiceSet {
    /// What a service extends.
    struct Base {
        let service: String
        /// Nil if it stands in the same file.
        let file: Tree?
        let position: Position
    }

    let place: Place
    let scope: Scope
    /// The document; its services are without `extends`.
    private(set) var tree: Tree
    private(set) var services: [String: Tree]
    private(set) var bases: [String: Base] = [:]

    /// Takes `extends` from the services of a document and turns the rest into the long form.
    init(_ document: Tree, _ place: Place, _ scope: Scope, _ findings: Findings) {
        self.place = place
        self.scope = scope
        let normaliser = scope.normaliser(findings)
        var tree = JobSet(normaliser: normaliser).amongServices(document)
        if let services = tree["services"], case .mapping(let entries) = services.content {
            var plain = entries
            for (index, entry) in entries.enumerated() {
                guard let extends = entry.value["extends"] else { continue }
                let path = Path.root / "services" / entry.key / "extends"
                if extends.override != .reset {
                    bases[entry.key] = Base(Field(tree: extends, path: path, findings: findings), normaliser)
                }
                plain[index] = entry.holding(entry.value.setting("extends", nil))
            }
            tree = tree.setting("services", services.replacing(.mapping(plain)))
        }
        let plain = tree
        self.tree = findings.mildly { normaliser.file(plain) }
        services = ServiceSet.services(of: self.tree)
    }

    /// Merges a further document of the same file over this one.
    mutating func merge(_ next: ServiceSet, _ loader: Loader) {
        let merge = Merge(findings: loader.findings, budget: loader.budget, keepsTags: false)
        tree = merge(tree, next.tree) ?? tree
        services = ServiceSet.services(of: tree)
        bases.merge(next.bases) { _, later in later }
    }

    private static func services(of tree: Tree) -> [String: Tree] {
        Dictionary(tree["services"]?.entries.map { ($0.key, $0.value) } ?? []) { first, _ in first }
    }
}

extension ServiceSet.Base {
    /// Reads `extends`, which is the name of a service or a mapping.
    init?(_ field: Field, _ normaliser: Normaliser) {
        guard let long = normaliser.long(field, .extends), let service = long["service"]?.text else {
            return nil
        }
        position = field.tree.position
        self.service = service
        file = long["file"]
    }
}
