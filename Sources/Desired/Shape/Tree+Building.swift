// SPDX-License-Identifier: Apache-2.0

// Nodes made from a piece of another node: they stand where that one stands.
extension Tree {
    /// A string, whatever it looks like.
    static func string(_ text: some StringProtocol, at position: Position) -> Tree {
        Tree(position: position, content: .string(text))
    }

    /// A number, a truth value or null, by its text.
    static func plain(_ text: String, at position: Position) -> Tree {
        Tree(position: position, content: .plain(text))
    }

    static func sequence(_ items: [Tree], at position: Position) -> Tree {
        Tree(position: position, content: .sequence(items))
    }

    static func mapping(_ entries: [(String, Tree?)], at position: Position) -> Tree {
        Tree(position: position, content: .mapping(entries, at: position))
    }

    /// The value under a key of a mapping.
    subscript(key: String) -> Tree? {
        guard case .mapping(let entries) = content else { return nil }
        return entries.first { $0.key == key }?.value
    }

    /// The entries, if it is a mapping.
    var entries: [Entry] {
        if case .mapping(let entries) = content { entries } else { [] }
    }

    var isEmptyMapping: Bool {
        if case .mapping(let entries) = content { entries.isEmpty } else { false }
    }

    /// The items, if it is a list.
    var items: [Tree] {
        if case .sequence(let items) = content { items } else { [] }
    }

    /// The text, if it is a scalar that is not null.
    var text: String? {
        if case .scalar(let scalar) = content, scalar.type != .null { scalar.text } else { nil }
    }

    /// The mapping with a value under a key, put in or replaced; nil takes the key away.
    func setting(_ key: String, _ value: Tree?) -> Tree {
        var entries = entries
        if let index = entries.firstIndex(where: { $0.key == key }) {
            if let value { entries[index] = entries[index].holding(value) } else { entries.remove(at: index) }
        } else if let value {
            entries.append(Entry(key: key, position: value.position, value: value))
        }
        return replacing(.mapping(entries))
    }

    /// The mapping with a value under a key that it does not have.
    func adding(_ key: String, _ value: @autoclosure () -> Tree) -> Tree {
        self[key] == nil ? setting(key, value()) : self
    }
}

extension Tree.Content {
    static func string(_ text: some StringProtocol) -> Tree.Content {
        .scalar(.init(text: String(text), isPlain: false, isInterpolated: false))
    }

    static func plain(_ text: String) -> Tree.Content {
        .scalar(.init(text: text, isPlain: true, isInterpolated: false))
    }

    static func mapping(_ entries: [(String, Tree?)], at position: Position) -> Tree.Content {
        .mapping(
            entries.compactMap { key, value in
                value.map { Tree.Entry(key: key, position: position, value: $0) }
            }
        )
    }
}

extension Tree.Entry {
    /// The same key with another value.
    func holding(_ value: Tree) -> Tree.Entry {
        Tree.Entry(key: key, position: position, value: value)
    }
}
