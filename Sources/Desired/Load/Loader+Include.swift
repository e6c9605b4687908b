// SPDX-License-Identifier: Apache-2.0

extension Loader {
    /// The sections that an included project brings along.
    private static let sections = ["services", "networks", "volumes", "configs", "secrets", "models"]

    /// The tree with the resources of an included project put in.
    func including(_ include: Include, _ tree: Tree, _ scope: Scope) throws(Stop) -> Tree {
        var files: [Mention] = []
        for path in include.paths {
            guard let file = mention(of: path, in: scope.directory, include.path) else { return tree }
            guard !scope.chain.contains(file.place) else {
                let names = (scope.chain + [file.place]).map(\.name).joined(separator: " -> ")
                findings.add(
                    "files include each other: \(names)",
                    "remove one include",
                    at: path.position,
                    include.path
                )
                return tree
            }
            files.append(file)
        }
        guard scope.chain.count <= Budget.includeDepth else {
            throw stop(
                "included through more than \(Budget.includeDepth) files",
                "include it from fewer",
                at: include.position,
                include.path
            )
        }
        var directory = files.first?.place.directory ?? scope.directory
        if let text = include.projectDirectory {
            guard let named = mention(of: text, in: scope.directory, include.path) else { return tree }
            directory = named.place
        }
        let environment = try environment(include, scope, directory)
        let inner = Scope(directory: directory, environment: environment, chain: scope.chain)
        guard let included = try project(files, inner, isRoot: false) else { return tree }
        return try importing(included, into: tree, include)
    }

    /// The variables of an included project: those that are set already, and what its own files add.
    private func environment(
        _ include: Include,
        _ scope: Scope,
        _ directory: Place
    ) throws(Stop) -> [String: String] {
        guard let texts = include.environmentFiles else {
            return try environment(of: directory, under: scope.environment)
        }
        var added: [String: String] = [:]
        for text in texts {
            guard let file = mention(of: text, in: scope.directory, include.path) else { continue }
            let known = added
            let variables = try variables(of: file, lookup: { scope.environment[$0] ?? known[$0] }) {
                findings.add(
                    "\(Characters.quoted(file.place.name)) \($0.what)",
                    at: file.position,
                    include.path / "env_file"
                )
            }
            for variable in variables { added[variable.name] = variable.value }
        }
        return scope.environment.merging(added) { set, _ in set }
    }

    /// The resources of both; one that both define must be the same in both.
    private func importing(
        _ included: Tree,
        into tree: Tree,
        _ include: Include
    ) throws(Stop) -> Tree {
        var tree = tree
        for section in Loader.sections {
            guard let theirs = included[section], case .mapping(let entries) = theirs.content else {
                continue
            }
            let own = tree[section]?.entries ?? []
            guard budget.spend(steps: own.count + entries.count) else {
                throw stop(
                    "merging takes more than \(Budget.steps) steps",
                    "include fewer files",
                    at: include.position,
                    include.path
                )
            }
            var result = own
            var places: [String: Int] = [:]
            for (index, entry) in own.enumerated() { places[entry.key] = index }
            for entry in entries {
                guard let index = places[entry.key] else {
                    result.append(entry)
                    continue
                }
                let value = own[index].value
                if value.override == .reset {
                    var replacement = entry.value
                    replacement.override = .override
                    result[index] = entry.holding(replacement)
                } else if value.withoutTags.map({ !$0.says(entry.value) }) ?? true {
                    let place = "\(findings.file(entry.position)):\(entry.position.line)"
                    findings.add(
                        "\(Characters.quoted(entry.key)) is defined in \(place) too, which is included",
                        "name it otherwise, or change the included one in a file that comes after this one",
                        at: own[index].position,
                        .root / section / entry.key
                    )
                }
            }
            let place = tree[section]?.position ?? theirs.position
            tree = tree.setting(
                section,
                Tree(position: place, content: .mapping(result), override: tree[section]?.override)
            )
        }
        return tree
    }
}
