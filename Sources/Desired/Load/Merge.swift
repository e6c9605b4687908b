// SPDX-License-Identifier: Apache-2.0

/// Merges a tree over another as the Compose Specification says in "Merge"; both are in their long form.
struct Merge {
    let findings: Findings
    let budget: Budget
    /// Whether tags such as `!reset` stay, because the result is merged over a further tree.
    let keepsTags: Bool

    /// The merged tree; nil if nothing is left of it.
    func callAsFunction(_ base: Tree?, _ over: Tree) -> Tree? {
        findings.mildly { merged(base, over, .root, .root) }
    }

    /// The same for two services, wherever they stand.
    func services(_ base: Tree, _ over: Tree, _ path: Path) -> Tree? {
        findings.mildly { merged(base, over, .service, path) }
    }

    private func merged(_ base: Tree?, _ over: Tree, _ rule: MergeRule, _ path: Path) -> Tree? {
        if over.override == .reset { return keepsTags ? over : nil }
        guard let base, over.override == nil, rule.way != .replace else { return settled(over) }
        // A value that is left empty changes nothing.
        if over.isNull { return base }
        switch (base.content, over.content) {
        case (.mapping(let old), .mapping(let new)):
            guard hasSteps(old.count + new.count, over, path) else { return base }
            if rule.way == .logging, let driver = base["driver"]?.text, let other = over["driver"]?.text,
                driver != other
            {
                return settled(over)
            }
            return base.replacing(.mapping(mapping(old, new, rule, path)))
        case (.sequence(let old), .sequence(let new)):
            // To spell out what makes items the same is more than a step.
            let weight = rule.key == nil ? 1 : 6
            guard hasSteps((old.count + new.count) * weight, over, path) else { return base }
            return over.replacing(.sequence(sequence(old, new, rule, path)))
        case (.scalar, _):
            return settled(over)
        default:
            findings.add(
                "is \(over.kind), but \(base.kind) in \(findings.file(base.position)):\(base.position.line)",
                "write the same kind in both places, or put '!override' before this one",
                at: over.position,
                path
            )
            return base
        }
    }

    private func hasSteps(_ count: Int, _ over: Tree, _ path: Path) -> Bool {
        if budget.spend(steps: count) { return true }
        findings.add("merging takes more than \(Budget.steps) steps", "merge fewer files", at: over.position)
        return false
    }

    private func mapping(
        _ old: [Tree.Entry],
        _ new: [Tree.Entry],
        _ rule: MergeRule,
        _ path: Path
    ) -> [Tree.Entry] {
        var result: [Tree.Entry?] = old
        var places: [String: Int] = [:]
        for (index, entry) in old.enumerated() { places[entry.key] = index }
        for entry in new {
            let below = rule[entry.key]
            if let index = places[entry.key] {
                let value = merged(old[index].value, entry.value, below, path / entry.key)
                let isMixed = if case .mapping = value?.content { true } else { value?.isNull ?? true }
                result[index] = value.map { (isMixed ? old[index] : entry).holding($0) }
            } else if let value = merged(nil, entry.value, below, path / entry.key) {
                result.append(entry.holding(value))
            }
        }
        return result.compactMap(\.self)
    }

    /// The old items, then the new ones; a new item takes the place of the old one that has the same key.
    private func sequence(_ old: [Tree], _ new: [Tree], _ rule: MergeRule, _ path: Path) -> [Tree] {
        let new = new.filter { $0.override != .reset }
        guard let key = rule.key else { return old + new.compactMap(settled) }
        var result = old
        var places: [String: Int] = [:]
        for (index, item) in old.enumerated() { if let key = key(item) { places[key] = index } }
        for item in new {
            guard let index = key(item).flatMap({ places.removeValue(forKey: $0) }) else {
                if let item = settled(item) { result.append(item) }
                continue
            }
            let value = rule.mergesItems ? merged(old[index], item, .init(), path) : settled(item)
            if let value { result[index] = value }
        }
        return result
    }

    /// The tree without its tags, and without what they reset; unchanged if they stay.
    private func settled(_ tree: Tree) -> Tree? {
        keepsTags ? tree : tree.withoutTags
    }
}
