// SPDX-License-Identifier: Apache-2.0

extension Shape {
    /// This mapping, or a string that stands for its one key.
    func orString(for key: String) -> Shape {
        orShort { field, normaliser in
            guard field.string() != nil else { return nil }
            let tree = Tree(
                position: field.tree.position,
                content: .mapping([Tree.Entry(key: key, position: field.tree.position, value: field.tree)]),
                override: field.tree.override
            )
            return long(Field(tree: tree, path: field.path, findings: field.findings), normaliser)
        }
    }
}
