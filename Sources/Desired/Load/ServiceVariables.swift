// SPDX-License-Identifier: Apache-2.0

/// Puts what `env_file` and `label_file` bring into `environment` and `labels`.
struct ServiceVariables {
    let loader: Loader
    let scope: Scope

    /// The services with their files read; the keys that named them are gone.
    func callAsFunction(_ tree: Tree) throws(Loader.Stop) -> Tree {
        guard let services = tree["services"], case .mapping(var entries) = services.content else {
            return tree
        }
        for (index, entry) in entries.enumerated() {
            entries[index] = entry.holding(try service(entry.value, .root / "services" / entry.key))
        }
        return tree.setting("services", services.replacing(.mapping(entries)))
    }

    private func service(_ service: Tree, _ path: Path) throws(Loader.Stop) -> Tree {
        var service = service
        if let files = service["env_file"], !files.isNull {
            let own = Dictionary(service["environment"]?.entries.map { ($0.key, $0.value.text) } ?? []) {
                first,
                _ in
                first
            }
            .compactMapValues(\.self)
            let remedy = "create it, or write 'required: false'"
            let values = try read(files, path / "env_file", own, remedy)
            service = putting(
                values,
                under: "environment",
                of: service.setting("env_file", nil),
                files.position
            )
        }
        if let files = service["label_file"], !files.isNull {
            let values = try read(files, path / "label_file", [:], "create it")
            service = putting(values, under: "labels", of: service.setting("label_file", nil), files.position)
        }
        return service
    }

    /// The variables of all files of a list, each value where it stands; later files win.
    private func read(
        _ files: Tree,
        _ path: Path,
        _ own: [String: String],
        _ remedy: String
    ) throws(Loader.Stop) -> [Tree.Entry] {
        var known = own
        var values: [Tree.Entry] = []
        var places: [String: Int] = [:]
        for (index, item) in files.items.enumerated() {
            let path = Path.index(path, index)
            guard let text = (item["path"] ?? item).text, let found = scope.directory.file(text) else {
                loader.findings.add("must be a path or a mapping with 'path'", at: item.position, path)
                continue
            }
            let place = scope.directory.calling(found.path)
            let isRequired = item["required"]?.text != "false"
            let isRaw = item["format"]?.text == "raw"
            if let format = item["format"], !isRaw {
                loader.findings.add(
                    "\(Characters.quoted(format.text ?? "")) is not a format",
                    "use 'raw', or remove it",
                    at: format.position,
                    path / "format"
                )
            }
            let before = known
            let isFollowed = index < files.items.count - 1
            let variables = try loader.variables(
                of: Mention(place: place, position: item.position, path: path),
                isRaw: isRaw,
                lookup: { scope.environment[$0] ?? before[$0] },
                failed: { failure in
                    if failure == .absent, !isRequired { return }
                    loader.findings.add(
                        "\(Characters.quoted(place.name)) \(failure.what)",
                        failure == .absent ? remedy : "",
                        at: item.position,
                        path
                    )
                }
            )
            let file = loader.findings.index(of: place.name)
            try loader.spend(nodes: variables.count, at: item.position, path)
            for variable in variables {
                let position = Position(line: variable.line, column: 1, file: file)
                if own[variable.name] == nil, isFollowed { known[variable.name] = variable.value }
                let value = Tree.string(variable.value, at: position)
                let entry = Tree.Entry(key: variable.name, position: position, value: value)
                if let place = places[variable.name] {
                    values[place] = entry
                } else {
                    places[variable.name] = values.count
                    values.append(entry)
                }
            }
        }
        return values
    }

    /// The service with these entries in a mapping; those that it has already win.
    private func putting(
        _ values: [Tree.Entry],
        under key: String,
        of service: Tree,
        _ position: Position
    ) -> Tree {
        guard !values.isEmpty else { return service }
        let own = service[key]?.entries ?? []
        let names = Set(own.map(\.key))
        let entries = own + values.filter { !names.contains($0.key) }
        return service.setting(
            key,
            Tree(position: service[key]?.position ?? position, content: .mapping(entries))
        )
    }
}

extension Tree {
    /// The project with every variable of a service that has no value given that of the environment, if it is set.
    func givingServices(_ environment: [String: String]) -> Tree {
        guard let services = self["services"], case .mapping(let entries) = services.content else {
            return self
        }
        let given = entries.map { entry -> Tree.Entry in
            guard let variables = entry.value["environment"], case .mapping(let list) = variables.content,
                list.contains(where: { $0.value.isNull && environment[$0.key] != nil })
            else { return entry }
            let values = list.map { variable -> Tree.Entry in
                guard variable.value.isNull, let value = environment[variable.key] else { return variable }
                return variable.holding(.string(value, at: variable.value.position))
            }
            return entry.holding(entry.value.setting("environment", variables.replacing(.mapping(values))))
        }
        return setting("services", services.replacing(.mapping(given)))
    }
}
