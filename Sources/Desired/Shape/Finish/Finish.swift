// SPDX-License-Identifier: Apache-2.0

/// What Compose does to a project once its files are merged: it puts in what is implied, and checks what no file
/// can say alone.
struct Finish {
    let normaliser: Normaliser
    private(set) var project: Tree

    var findings: Findings { normaliser.findings }

    init(normaliser: Normaliser, project: Tree) {
        self.normaliser = normaliser
        self.project = project
    }

    /// The finished project.
    func run() -> Tree {
        var finish = self
        if let services = project["services"], case .mapping(let entries) = services.content {
            let finished = entries.map { entry in
                let path = Path.root / "services" / entry.key
                guard case .mapping = entry.value.content else { return entry }
                let field = Field(tree: entry.value, path: path, findings: findings)
                return entry.holding(FinishedService(field: field, normaliser: normaliser).tree)
            }
            finish.project = project.setting("services", services.replacing(.mapping(finished)))
        }
        finish.project = finish.withDefaultNetwork()
        for kind in Finish.kinds { finish.project = finish.withDefinitions(kind) }
        References(project: finish.project, findings: findings).check()
        Dependencies(project: finish.project, findings: findings).check()
        finish.checkContainerNames()
        finish.checkModels()
        if let name = project["name"] {
            _ = Field(tree: name, path: .root / "name", findings: findings).appName()
        }
        return finish.project
    }

    private static let kinds = ["networks", "volumes", "configs", "secrets"]

    /// The network `default` exists where a service joins it (06-networks.md, "The default network").
    private func withDefaultNetwork() -> Tree {
        let joined = project["services"]?.entries.lazy.compactMap { service in
            service.value["networks"]?.entries.first { $0.key == "default" }
        }.first
        guard let joined else { return project }
        let networks = project["networks"] ?? .mapping([], at: joined.position)
        return project.setting("networks", networks.adding("default", .mapping([], at: joined.position)))
    }

    /// The definitions of one kind, each with its name and checked by the rules for its kind.
    private func withDefinitions(_ kind: String) -> Tree {
        guard let all = project[kind], case .mapping(let entries) = all.content else { return project }
        let finished = entries.map { entry in
            let field = Field(tree: entry.value, path: .root / kind / entry.key, findings: findings)
            return entry.holding(definition(field, kind: kind, key: entry.key))
        }
        return project.setting(kind, all.replacing(.mapping(finished)))
    }

    private func definition(_ field: Field, kind: String, key: String) -> Tree {
        let position = field.tree.position
        var tree = field.tree.isNull ? field.tree.replacing(.mapping([])) : field.tree
        if let external = tree["external"], case .mapping = external.content {
            if let old = external["name"] {
                if tree["name"] != nil {
                    field.child("external")?.refuse("names it beside 'name'", "keep 'name'")
                }
                tree = tree.adding("name", old)
            }
            tree = tree.setting("external", external.replacing(.plain("true")))
        }
        let isExternal = tree["external"]?.text == "true"
        if isExternal {
            // 06-networks.md and its siblings, "external": nothing else may be said of what we do not make.
            for entry in tree.entries
            where entry.key != "external" && entry.key != "name" && !entry.key.hasPrefix("x-")
                && !entry.value.isEmptyMapping
            {
                field.child(entry.key)?.refuse("does not go with 'external: true'", "remove one of them")
            }
        }
        if kind == "configs" { checkSource(field, ["file", "environment", "content"], isExternal) }
        if kind == "secrets" {
            checkSource(field, ["file", "environment"], isExternal || tree["x-martlet"] != nil)
        }
        if kind == "networks" { checkRanges(field) }
        if kind == "volumes" { tree = withAbsoluteDevice(tree, field) }
        if (tree["name"]?.text ?? "").isEmpty {
            if isExternal {
                tree = tree.setting("name", .string(key, at: position))
            } else if let project = project["name"]?.text {
                tree = tree.setting("name", .string("\(project)_\(key)", at: position))
            }
        }
        return tree
    }

    /// 08-configs.md, 09-secrets.md: the content comes from exactly one place.
    private func checkSource(_ field: Field, _ keys: [String], _ isExternal: Bool) {
        let given = keys.filter { field.child($0) != nil }
        if given.count > 1 {
            field.child(given[1])?.refuse(
                "does not go with \(Characters.quoted(given[0]))",
                "keep one of them"
            )
        }
        if given.isEmpty, !isExternal, !findings.hasProblem(within: field.path) {
            field.refuse("has no content", "add \(Shape.list(keys)), or 'external: true'")
        }
    }

    /// 06-networks.md, "ipam": addresses of containers come from a part of the subnet.
    private func checkRanges(_ field: Field) {
        for item in field.child("ipam")?.child("config").map({ $0.items() }) ?? [] {
            guard let range = item.child("ip_range"), let text = range.tree.text,
                let subnet = item.tree["subnet"]?.text.flatMap({ IPPrefix($0) })
            else { continue }
            guard let prefix = IPPrefix(text), subnet.contains(prefix.address), prefix.length >= subnet.length
            else {
                range.refuse("\(Characters.quoted(text)) is not a range of addresses in \(subnet)")
                continue
            }
        }
    }

    /// A volume of the local driver that is a bind mount: its device is a path.
    private func withAbsoluteDevice(_ tree: Tree, _ field: Field) -> Tree {
        guard tree["driver"]?.text == "local", let options = tree["driver_opts"],
            options["o"]?.text == "bind", let device = options["device"], let text = device.text,
            let place = field.child("driver_opts")?.child("device"),
            let path = normaliser.path(text, place)
        else { return tree }
        return tree.setting("driver_opts", options.setting("device", device.replacing(.string(path))))
    }

    /// 02-model.md, "models": a model names an artifact.
    private func checkModels() {
        for entry in project["models"]?.entries ?? [] where entry.value["model"] == nil {
            let path = Path.root / "models" / entry.key
            guard !findings.hasProblem(within: path) else { continue }
            findings.add("'model' is missing", "name the model to run", at: entry.position, path)
        }
    }

    /// 05-services.md, "container_name": two containers cannot have one name.
    private func checkContainerNames() {
        var owners: [String: String] = [:]
        for service in project["services"]?.entries ?? [] {
            guard let tree = service.value["container_name"], let name = tree.text else { continue }
            let path = Path.root / "services" / service.key / "container_name"
            let field = Field(tree: tree, path: path, findings: findings)
            if let owner = owners[name] {
                field.refuse("container name \(name) belongs to \(owner) already", "choose another one")
            }
            owners[name] = service.key
        }
    }
}
