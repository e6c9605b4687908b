// SPDX-License-Identifier: Apache-2.0

/// Rewrites Compose files to the one long form: every short syntax expanded, every value checked and spelled as
/// Compose spells it, every relative path absolute.
struct Normaliser {
    let findings: Findings
    /// The absolute directory that relative paths start from.
    let directory: String
    /// The variables that a name without a value takes its value from.
    let environment: [String: String]

    init(findings: Findings, directory: String, environment: [String: String]) {
        self.findings = findings
        self.directory = directory
        self.environment = environment
    }

    /// One file in its long form.
    ///
    /// The file may be one of several that are merged later, so nothing is demanded that another may add. What
    /// is refused is reported and left out.
    func file(_ tree: Tree) -> Tree {
        entries(Field(tree: tree, path: .root, findings: findings), .app) ?? tree
    }

    /// The merged project with what Compose adds at the end, checked for what no file can say alone.
    func finish(_ tree: Tree) -> Tree {
        guard case .mapping = tree.content else { return tree }
        return Finish(normaliser: self, project: tree).run()
    }

    /// A value in its long form; one that is reset is not looked at, for it comes to nothing.
    func long(_ field: Field, _ shape: Shape) -> Tree? {
        field.tree.override == .reset ? field.tree : shape.long(field, self)
    }

    /// The entries of a mapping by their table.
    func entries(_ field: Field, _ keys: Keys) -> Tree? {
        guard case .mapping(let entries) = field.tree.content else {
            field.mismatch("a mapping")
            return nil
        }
        let long = entries.compactMap { entry -> Tree.Entry? in
            let below = Field(tree: entry.value, path: field.path / entry.key, findings: field.findings)
            if let shape = keys.shapes[entry.key] {
                return self.long(below, shape).map { entry.holding($0) }
            }
            if entry.key.hasPrefix("x-"), !Vocabulary.extensions.contains(entry.key) { return entry }
            field.findings.add(
                "unknown key",
                Vocabulary.hint(for: entry.key, among: keys.words),
                at: entry.position,
                below.path
            )
            return nil
        }
        return field.tree.replacing(.mapping(long))
    }
}
