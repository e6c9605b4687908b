// SPDX-License-Identifier: Apache-2.0

/// The keys that a mapping of the specification may hold, each with its shape.
struct Keys: Sendable, ExpressibleByDictionaryLiteral {
    private(set) var shapes: [String: Shape]

    init(dictionaryLiteral elements: (String, Shape)...) {
        shapes = Dictionary(elements) { first, _ in first }
    }

    static func + (one: Keys, other: Keys) -> Keys {
        var keys = one
        keys.shapes.merge(other.shapes) { first, _ in first }
        return keys
    }

    /// All words, for hints and for what is not honoured yet.
    var words: Set<String> {
        Set(shapes.keys)
    }
}

extension Shape {
    /// A mapping with the keys of a table.
    ///
    /// The required ones must be there, each with the remedy if it is not; only for mappings that are never put
    /// together from several files.
    static func keys(
        _ keys: @escaping @autoclosure @Sendable () -> Keys,
        required: KeyValuePairs<String, String> = [:]
    ) -> Shape {
        let required = required.map { ($0.key, $0.value) }
        return Shape(.keys(keys)) { field, normaliser in
            guard let tree = normaliser.entries(field, keys()) else { return nil }
            let missing = required.filter { key, _ in field.child(key) == nil }
            for (key, remedy) in missing { field.refuse("\(Characters.quoted(key)) is missing", remedy) }
            return missing.isEmpty ? tree : nil
        }
    }
}
