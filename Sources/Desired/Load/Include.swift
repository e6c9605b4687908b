// SPDX-License-Identifier: Apache-2.0

/// An entry of `include`: files that are a project of their own, and what they are read with.
struct Include {
    let paths: [Tree]
    let projectDirectory: Tree?
    let environmentFiles: [Tree]?
    let position: Position
    let path: Path

    /// The entries of the list; what is no entry is reported and left out.
    static func read(_ tree: Tree?, _ normaliser: Normaliser) -> [Include] {
        guard let tree, !tree.isNull, tree.override != .reset else { return [] }
        let field = Field(tree: tree, path: .root / "include", findings: normaliser.findings)
        return field.items().compactMap { item in
            normaliser.long(item, .include).map { Include($0, item) }
        }
    }

    private init(_ long: Tree, _ field: Field) {
        paths = long["path"]?.items ?? []
        projectDirectory = long["project_directory"]
        environmentFiles = long["env_file"]?.items
        position = field.tree.position
        path = field.path
    }
}
