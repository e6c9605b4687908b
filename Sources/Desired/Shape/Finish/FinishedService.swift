// SPDX-License-Identifier: Apache-2.0

/// One service with what is implied by what it says.
struct FinishedService {
    let field: Field
    let normaliser: Normaliser

    var tree: Tree {
        check()
        var tree = field.tree
        let position = tree.position
        if tree["network_mode"] == nil, tree["provider"] == nil, (tree["networks"]?.entries ?? []).isEmpty {
            let networks = tree["networks"] ?? .mapping([], at: position)
            tree = tree.setting("networks", networks.adding("default", .plain("null", at: position)))
        }
        if let policy = tree["pull_policy"], policy.text == "if_not_present" {
            tree = tree.setting("pull_policy", policy.replacing(.string("missing")))
        }
        if let build = tree["build"] { tree = tree.setting("build", self.build(build)) }
        if let secrets = tree["secrets"] {
            let targeted = secrets.items.map { secret in
                let name = secret["source"]?.text ?? ""
                return secret.adding("target", .string("/run/secrets/\(name)", at: secret.position))
            }
            tree = tree.setting("secrets", secrets.replacing(.sequence(targeted)))
        }
        if let hosts = tree["extra_hosts"] {
            let sorted = hosts.items.sorted { ($0.text ?? "") < ($1.text ?? "") }
            tree = tree.setting("extra_hosts", hosts.replacing(.sequence(sorted)))
        }
        if let deploy = tree["deploy"], !deploy.isNull, let scale = tree["scale"] {
            tree = tree.setting("deploy", deploy.adding("replicas", scale))
        }
        return withImpliedDependencies(tree)
    }

    /// build.md: the directory of the project and its Dockerfile, unless said otherwise.
    private func build(_ build: Tree) -> Tree {
        var build = build.adding("context", .string(normaliser.directory, at: build.position))
        if build["dockerfile_inline"] == nil {
            build = build.adding("dockerfile", .string("Dockerfile", at: build.position))
        } else if build["dockerfile"] != nil {
            field.child("build")?.child("dockerfile_inline")?
                .refuse("does not go with 'dockerfile'", "keep one of them")
        }
        if let args = build["args"] {
            // A name without a value, and without one in the environment, is not passed on.
            build = build.setting("args", args.replacing(.mapping(args.entries.filter { !$0.value.isNull })))
        }
        return build
    }

    /// Who is linked to, or shares something of its own, is started before (05-services.md, "links").
    private func withImpliedDependencies(_ tree: Tree) -> Tree {
        var implied: [(name: String, restarts: Bool, position: Position)] = []
        for link in tree["links"]?.items ?? [] {
            let name = (link.text ?? "").prefix { $0 != ":" }
            implied.append((String(name), true, link.position))
        }
        for key in ["network_mode", "ipc", "pid", "uts"] {
            guard let value = tree[key], let text = value.text, text.hasPrefix("service:") else { continue }
            implied.append((String(text.dropFirst("service:".count)), true, value.position))
        }
        for volume in tree["volumes_from"]?.items ?? [] {
            guard let text = volume.text, !text.hasPrefix("container:") else { continue }
            implied.append((String(text.prefix { $0 != ":" }), false, volume.position))
        }
        guard let first = implied.first else { return tree }
        var all = tree["depends_on"] ?? .mapping([], at: first.position)
        var known = Set(all.entries.map(\.key))
        let added = implied.filter { known.insert($0.name).inserted }.map { name, restarts, position in
            let dependency = Tree.mapping(
                [
                    ("condition", .string("service_started", at: position)),
                    ("restart", restarts ? .plain("true", at: position) : nil),
                    ("required", .plain("true", at: position)),
                ],
                at: position
            )
            return Tree.Entry(key: name, position: position, value: dependency)
        }
        all = all.replacing(.mapping(all.entries + added))
        return tree.setting("depends_on", all)
    }

    private func check() {
        let tree = field.tree
        if tree["image"] == nil, tree["build"] == nil, tree["provider"] == nil,
            !field.findings.hasProblem(within: field.path / "image"),
            !field.findings.hasProblem(within: field.path / "build")
        {
            field.refuse("'image' is missing", "name the image to run, or add 'build'")
        }
        if let provider = field.child("provider"), provider.tree["type"] == nil,
            !field.findings.hasProblem(within: provider.path)
        {
            provider.refuse("'type' is missing", "name the program that provides it")
        }
        if let mode = tree["network_mode"]?.text, !(tree["networks"]?.entries ?? []).isEmpty {
            field.child("networks")?.refuse("does not go with network_mode \(mode)", "remove one of them")
        }
        refuseRepeatedTargets("configs", in: "")
        refuseRepeatedTargets("secrets", in: "/run/secrets")
        for label in tree["labels"]?.entries ?? [] where label.key.hasPrefix("com.docker.compose") {
            field.findings.add(
                "labels that begin with 'com.docker.compose' are reserved",
                "choose another name",
                at: label.position,
                field.path / "labels" / label.key
            )
        }
        agree("scale", "deploy", "replicas")
        agree("mem_limit", "deploy", "resources", "limits", "memory")
        agree("cpus", "deploy", "resources", "limits", "cpus")
        agree("pids_limit", "deploy", "resources", "limits", "pids")
        agree("mem_reservation", "deploy", "resources", "reservations", "memory")
        let replicas = tree["scale"] ?? tree["deploy"]?["replicas"]
        if let name = field.child("container_name"), let count = replicas?.text, count != "0", count != "1" {
            name.refuse("\(count) instances cannot have one name", "remove the key")
        }
    }

    /// Only one file can be mounted at one place.
    private func refuseRepeatedTargets(_ key: String, in directory: String) {
        var seen: Set<String> = []
        for item in field.child(key).map({ $0.items() }) ?? [] {
            guard let target = MergeRule.mount(item.tree, in: directory), !seen.insert(target).inserted else {
                continue
            }
            item.refuse("\(Characters.quoted(target)) is given twice", "keep one of them")
        }
    }

    /// Two keys that mean the same must say the same.
    private func agree(_ key: String, _ way: String...) {
        guard let one = field.child(key), let text = one.tree.text else { return }
        var other = field
        for step in way {
            guard let child = other.child(step) else { return }
            other = child
        }
        if let said = other.tree.text, said != text {
            one.refuse("differs from \(other.path)", "keep one of them")
        }
    }
}
