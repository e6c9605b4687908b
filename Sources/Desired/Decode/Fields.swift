// SPDX-License-Identifier: Apache-2.0

/// The keys of a mapping that has a fixed vocabulary.
struct Fields {
    let field: Field
    private var values: [String: (Field, Position)] = [:]

    /// Reads the mapping; every key that is not honoured is reported here.
    init?(_ field: Field, _ words: Vocabulary) {
        guard case .mapping(let entries) = field.tree.content else {
            field.mismatch("a mapping")
            return nil
        }
        self.field = field
        for entry in entries {
            let path = field.path / entry.key
            if words.honoured.contains(entry.key) {
                values[entry.key] = (
                    Field(tree: entry.value, path: path, findings: field.findings), entry.position
                )
            } else if words.planned.contains(entry.key) {
                field.findings.add(
                    "not supported yet",
                    words.remedy(for: entry.key),
                    at: entry.position,
                    path
                )
            } else if !entry.key.hasPrefix("x-") || Vocabulary.extensions.contains(entry.key) {
                field.findings.add("unknown key", words.hint(for: entry.key), at: entry.position, path)
            }
        }
    }

    subscript(key: String) -> Field? {
        values[key]?.0
    }

    /// The field under a key that must be there.
    func required(_ key: String, _ remedy: String) -> Field? {
        if let field = self[key] { return field }
        // Refused before, and so left out.
        if field.findings.hasProblem(within: field.path / key) { return nil }
        field.refuse("\(Characters.quoted(key)) is missing", remedy)
        return nil
    }
}
