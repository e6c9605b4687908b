// SPDX-License-Identifier: Apache-2.0

/// Merges every service of a file over the one that it extends.
///
/// A file that several services extend from is read once.
final class Extender {
    /// A service on the way from one that extends to what it extends.
    private struct Link: Equatable {
        let place: Place
        let service: String
    }

    /// A service after it was extended, and how many services it goes back to.
    private struct Extended {
        let tree: Tree
        let length: Int
    }

    private let loader: Loader
    private var sets: [ServiceSet]
    private var indexes: [String: Int?] = [:]
    private var done: [Int: [String: Extended]] = [:]

    init(_ own: ServiceSet, _ loader: Loader) {
        sets = [own]
        self.loader = loader
    }

    /// The document of the file with all its services extended.
    func tree() throws(Loader.Stop) -> Tree {
        let tree = sets[0].tree
        guard let services = tree["services"], case .mapping(var entries) = services.content else {
            return tree
        }
        for (index, entry) in entries.enumerated() where sets[0].bases[entry.key] != nil {
            guard let extended = try extended(entry.key, 0, []) else { continue }
            entries[index] = entry.holding(extended.tree)
        }
        return tree.setting("services", services.replacing(.mapping(entries)))
    }

    private func extended(
        _ name: String,
        _ index: Int,
        _ chain: [Link]
    ) throws(Loader.Stop) -> Extended? {
        if let known = done[index]?[name] { return known }
        let set = sets[index]
        guard let service = set.services[name] else { return nil }
        guard let base = set.bases[name] else { return Extended(tree: service, length: 1) }
        let path = Path.root / "services" / name / "extends"
        let chain = chain + [Link(place: set.place, service: name)]
        guard let target = try target(base, index, path) else { return nil }
        let next = Link(place: sets[target].place, service: base.service)
        guard !chain.contains(next) else {
            let names = (chain + [next]).map { "\($0.service) (\($0.place.name))" }.joined(separator: " -> ")
            loader.findings.add(
                "services extend each other: \(names)",
                "remove one 'extends'",
                at: base.position,
                path
            )
            return nil
        }
        guard sets[target].services[base.service] != nil else {
            loader.findings.add(
                "service \(Characters.quoted(base.service)) is not defined in \(sets[target].place.name)",
                "extend a service of that file, or name another file",
                at: base.position,
                path
            )
            return nil
        }
        guard chain.count < Budget.extendsLength else { throw tooLong(base, path) }
        guard let origin = try extended(base.service, target, chain) else { return nil }
        guard origin.length < Budget.extendsLength else { throw tooLong(base, path) }
        try loader.spend(nodes: origin.tree.nodes, at: base.position, path)
        let merge = Merge(findings: loader.findings, budget: loader.budget, keepsTags: true)
        guard let basis = origin.tree.withoutTags,
            var merged = merge.services(basis, service, .root / "services" / name)
        else { return nil }
        // Who extends a job is none by that.
        if service[JobSet.marker] == nil { merged = merged.setting(JobSet.marker, nil) }
        let result = Extended(
            tree: Tree(position: service.position, content: merged.content, override: merged.override),
            length: origin.length + 1
        )
        done[index, default: [:]][name] = result
        return result
    }

    private func tooLong(_ base: ServiceSet.Base, _ path: Path) -> Loader.Stop {
        loader.stop(
            "more than \(Budget.extendsLength) services extend one another",
            "extend from fewer",
            at: base.position,
            path
        )
    }

    /// The set that a base is in; nil if its file cannot be had.
    private func target(
        _ base: ServiceSet.Base,
        _ index: Int,
        _ path: Path
    ) throws(Loader.Stop) -> Int? {
        guard let file = base.file else { return index }
        let directory = sets[index].scope.directory
        guard let mention = loader.mention(of: file, in: directory, path / "file") else { return nil }
        let place = mention.place
        if let known = indexes[place.path] { return known }
        var set: ServiceSet?
        let outer = sets[index].scope
        let scope = Scope(directory: place.directory, environment: outer.environment, chain: outer.chain)
        for document in try loader.documents(of: mention) {
            guard let tree = try loader.completed(document, scope) else { continue }
            let next = ServiceSet(
                tree.setting("include", nil).setting("name", nil),
                place,
                scope,
                loader.findings
            )
            if set == nil { set = next } else { set?.merge(next, loader) }
        }
        if let set {
            sets.append(set)
        } else if !loader.findings.isBroken {
            let name = Characters.quoted(place.name)
            loader.findings.add("\(name) is empty", "name another file", at: file.position, path / "file")
        }
        indexes[place.path] = .some(set == nil ? nil : sets.count - 1)
        return set == nil ? nil : sets.count - 1
    }
}
