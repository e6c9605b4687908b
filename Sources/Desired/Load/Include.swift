// SPDX-License-Identifier: Apache-2.0

/// An entry of `include`: files that are a project of their own, and what they are read with.
struct Include {
    let paths: [Tree]
    let projectDirectory: Tree?
    let environmentFiles: [Tree]?
    let position: Position
    let path: Path

    /// The entries of the list; what is no entry is reported and left out.
    static func read(_ tree: Tree?, _ findings: Findings) -> [Include] {
        guard let tree, !tree.isNull, tree.override != .reset else { return [] }
        let field = Field(tree: tree, path: .root / "include", findings: findings)
        return field.items().compactMap(include)
    }

    private static func include(_ field: Field) -> Include? {
        if field.scalar != nil {
            return texts(field).map { Include($0, nil, nil, field) }
        }
        guard case .mapping(let entries) = field.tree.content else {
            field.mismatch("a path or a mapping")
            return nil
        }
        var values: [String: Field] = [:]
        for entry in entries {
            let words: Set = ["path", "project_directory", "env_file"]
            let below = Field(tree: entry.value, path: field.path / entry.key, findings: field.findings)
            if words.contains(entry.key) {
                values[entry.key] = below
            } else if !entry.key.hasPrefix("x-") {
                field.findings.add("unknown key", "remove it", at: entry.position, below.path)
            }
        }
        guard let path = values["path"] else {
            field.refuse("'path' is missing", "name the file to include")
            return nil
        }
        guard let paths = texts(path) else { return nil }
        return Include(
            paths,
            values["project_directory"].flatMap { texts($0)?.first },
            values["env_file"].flatMap(texts),
            field
        )
    }

    /// A path, or a list of them.
    private static func texts(_ field: Field) -> [Tree]? {
        let fields = field.itemsOrOne()
        let texts = fields.filter { $0.string() != nil }
        return fields.isEmpty || texts.count < fields.count ? nil : texts.map(\.tree)
    }

    private init(_ paths: [Tree], _ projectDirectory: Tree?, _ environmentFiles: [Tree]?, _ field: Field) {
        self.paths = paths
        self.projectDirectory = projectDirectory
        self.environmentFiles = environmentFiles
        position = field.tree.position
        path = field.path
    }
}
