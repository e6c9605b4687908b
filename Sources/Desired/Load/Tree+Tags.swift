// SPDX-License-Identifier: Apache-2.0

extension Tree {
    /// The tree without tags that say how to merge, and without what they reset; nil if that is all of it.
    var withoutTags: Tree? {
        if override == .reset { return nil }
        // What has no tag is shared, not copied.
        guard hasTags else { return self }
        var content = content
        switch content {
        case .scalar: break
        case .sequence(let items): content = .sequence(items.compactMap(\.withoutTags))
        case .mapping(let entries):
            content = .mapping(
                entries.compactMap { entry in entry.value.withoutTags.map { entry.holding($0) } }
            )
        }
        return Tree(position: position, content: content)
    }

    private var hasTags: Bool {
        if override != nil { return true }
        switch content {
        case .scalar: return false
        case .sequence(let items): return items.contains(where: \.hasTags)
        case .mapping(let entries): return entries.contains(where: \.value.hasTags)
        }
    }

    /// How many nodes it has, itself among them.
    var nodes: Int {
        switch content {
        case .scalar: 1
        case .sequence(let items): items.reduce(1) { $0 + $1.nodes }
        case .mapping(let entries): entries.reduce(1) { $0 + $1.value.nodes }
        }
    }

    /// Whether it says the same as another, wherever either stands.
    func says(_ other: Tree) -> Bool {
        switch (content, other.content) {
        case (.scalar(let one), .scalar(let two)): one.text == two.text && one.type == two.type
        case (.sequence(let one), .sequence(let two)):
            one.count == two.count && zip(one, two).allSatisfy { $0.says($1) }
        case (.mapping(let one), .mapping(let two)):
            one.count == two.count
                && {
                    let values = Dictionary(
                        two.map { ($0.key, $0.value) },
                        uniquingKeysWith: { first, _ in first }
                    )
                    return one.allSatisfy { entry in values[entry.key].map { entry.value.says($0) } ?? false }
                }()
        default: false
        }
    }
}
