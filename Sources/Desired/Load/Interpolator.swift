// SPDX-License-Identifier: Apache-2.0

/// Puts variables into every value of a tree; keys stay as they are.
struct Interpolator {
    let environment: [String: String]
    let findings: Findings

    /// The tree with its variables put in, and how much text they brought.
    func callAsFunction(_ tree: Tree) -> (tree: Tree, growth: Int) {
        var growth = 0
        return (changed(tree, .root, &growth) ?? tree, growth)
    }

    /// Nil if nothing changes, so that what aliases share stays shared.
    private func changed(_ tree: Tree, _ path: Path, _ growth: inout Int) -> Tree? {
        switch tree.content {
        case .scalar(let scalar):
            guard scalar.text.utf8.contains(UInt8(ascii: "$")), growth <= Budget.bytes else { return nil }
            return tree.replacing(.scalar(value(scalar, tree.position, path, &growth)))
        case .sequence(let items):
            var result: [Tree]?
            for (index, item) in items.enumerated() {
                guard let item = changed(item, .index(path, index), &growth) else { continue }
                result = result ?? items
                result?[index] = item
            }
            return result.map { tree.replacing(.sequence($0)) }
        case .mapping(let entries):
            var result: [Tree.Entry]?
            for (index, entry) in entries.enumerated() {
                guard let value = changed(entry.value, path / entry.key, &growth) else { continue }
                result = result ?? entries
                result?[index] = entry.holding(value)
            }
            return result.map { tree.replacing(.mapping($0)) }
        }
    }

    private func value(
        _ scalar: Tree.Scalar,
        _ position: Position,
        _ path: Path,
        _ growth: inout Int
    ) -> Tree.Scalar {
        let interpolation = Interpolation(
            lookup: { environment[$0] },
            unset: { findings.warn(unset: $0, at: position, path) }
        )
        var result = scalar
        do {
            result.text = try interpolation(scalar.text)
            result.isInterpolated = result.isInterpolated || result.text != scalar.text
            growth += max(0, result.text.utf8.count - scalar.text.utf8.count)
        } catch {
            findings.add(error.what, error.remedy, at: position, path)
        }
        return result
    }
}
