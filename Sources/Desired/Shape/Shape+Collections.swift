// SPDX-License-Identifier: Apache-2.0

extension Shape {
    /// A list; an item may stand for several.
    static func list(_ item: Shape) -> Shape {
        Shape(.each(item)) { field, normaliser in
            guard case .sequence(let items) = field.tree.content else {
                field.mismatch("a list")
                return nil
            }
            var long: [Tree] = []
            for (index, tree) in items.enumerated() where field.findings.shortLeft >= 0 {
                if let tree = normaliser.long(field.item(index, tree), item) { long.append(tree) }
            }
            return field.tree.replacing(.sequence(long))
        }
    }

    /// A list in which nothing is given twice.
    static func set(_ item: Shape) -> Shape {
        list(item).then { tree, field, _ in
            var seen: Set<String> = []
            let items = tree.items.filter { item in
                guard let text = item.text, !seen.insert(text).inserted else { return true }
                field.findings.add("is given twice", "keep one of them", at: item.position, field.path)
                return false
            }
            return tree.replacing(.sequence(items))
        }
    }

    /// A list, or one item in its place.
    static func oneOrMany(_ item: Shape) -> Shape {
        list(item).orShort { field, normaliser in
            normaliser.long(field, item).map { field.tree.replacing(.sequence([$0])) }
        }
    }

    /// A mapping whose keys are the user's own.
    static func named(
        _ value: Shape,
        _ isName: @escaping @Sendable (String) -> Bool = { !$0.isEmpty }
    ) -> Shape {
        Shape(.each(value)) { field, normaliser in
            guard case .mapping(let entries) = field.tree.content else {
                field.mismatch("a mapping")
                return nil
            }
            let long = entries.compactMap { entry -> Tree.Entry? in
                let below = Field(tree: entry.value, path: field.path / entry.key, findings: field.findings)
                guard isName(entry.key) else {
                    below.refuse(
                        "\(Characters.quoted(entry.key)) is not a name",
                        "use letters, digits, '.', '_' and '-', at most 63 of them"
                    )
                    return nil
                }
                return normaliser.long(below, value).map { entry.holding($0) }
            }
            return field.tree.replacing(.mapping(long))
        }
    }

    /// The top-level definitions of services, networks, volumes and so on.
    static func definitions(_ value: Shape) -> Shape {
        let checked = named(value) { $0.hasPrefix("x-") || Characters.isName($0, and: "._-") }
        return Shape(checked.inside) { field, normaliser in
            // Compose would take `x-` for a name here; we keep it for extensions, as everywhere.
            guard field.tree.entries.contains(where: { $0.key.hasPrefix("x-") }) else {
                return checked.long(field, normaliser)
            }
            let own = field.tree.entries.filter { !$0.key.hasPrefix("x-") }
            let tree = field.tree.replacing(.mapping(own))
            return checked.long(Field(tree: tree, path: field.path, findings: field.findings), normaliser)
        }
    }

    /// A mapping, or a list of names which then have nothing, or `value`, to them.
    static func namesOr(
        _ mapping: Shape,
        value: @escaping @Sendable (Position) -> Tree = { .plain("null", at: $0) }
    ) -> Shape {
        Shape(mapping.inside) { field, normaliser in
            guard field.isSequence else {
                guard field.isMapping else {
                    field.mismatch("a mapping or a list")
                    return nil
                }
                return mapping.long(field, normaliser)
            }
            guard field.canBeShort(field.tree.items.count),
                let names = set(.string).long(field, normaliser)
            else { return nil }
            return field.tree.replacing(
                .mapping(
                    names.items.map {
                        Tree.Entry(key: $0.text ?? "", position: $0.position, value: value($0.position))
                    }
                )
            )
        }
    }

    /// `[KEY=VALUE, KEY]` or `{KEY: VALUE, KEY: }`, as a mapping to strings.
    ///
    /// A key without a value gets the one that `value` gives, and stays without if that is nil.
    static func pairs(
        _ value: @escaping @Sendable (String, Normaliser) -> String? = { _, _ in "" }
    ) -> Shape {
        Shape(.each(.anything)) { field, normaliser in
            func entry(_ key: String, _ at: Position, _ text: String?, _ item: Tree) -> Tree.Entry {
                let content = (text ?? value(key, normaliser)).map { Tree.Content.string($0) }
                return Tree.Entry(key: key, position: at, value: item.replacing(content ?? .plain("null")))
            }
            switch field.tree.content {
            case .mapping(let given):
                let entries = given.compactMap { pair -> Tree.Entry? in
                    let below = Field(tree: pair.value, path: field.path / pair.key, findings: field.findings)
                    guard isNamed(pair.key, below) else { return nil }
                    if pair.value.isNull { return entry(pair.key, pair.position, nil, pair.value) }
                    return below.text().map { entry(pair.key, pair.position, $0, pair.value) }
                }
                return field.tree.replacing(.mapping(entries))
            case .sequence:
                var seen: Set<String> = []
                let entries = field.items().compactMap { item -> Tree.Entry? in
                    guard let text = item.string() else { return nil }
                    let cut = text.unicodeScalars.firstIndex(of: "=")
                    let key = String(text[..<(cut ?? text.endIndex)])
                    let word = cut.map { String(text.unicodeScalars[$0...].dropFirst()) }
                    guard isNamed(key, item) else { return nil }
                    guard seen.insert(key).inserted else {
                        item.refuse("\(Characters.quoted(key)) is given twice", "keep one of them")
                        return nil
                    }
                    return entry(key, item.tree.position, word, item.tree)
                }
                return field.tree.replacing(.mapping(entries))
            case .scalar:
                field.mismatch("a mapping or a list")
                return nil
            }
        }
    }

    private static func isNamed(_ key: String, _ field: Field) -> Bool {
        if key.isEmpty { field.refuse("the name is empty") }
        return !key.isEmpty
    }

    /// Pairs in which a key without a value takes that of the environment, and if there is none stays without.
    static let variables = pairs { $1.environment[$0] }
}
