// SPDX-License-Identifier: Apache-2.0

extension Keys {
    /// build.md.
    static let build: Keys = [
        "context": .buildContext,
        "dockerfile": .string,
        "dockerfile_inline": .string,
        "additional_contexts": .pairs().then { tree, field, normaliser in
            let entries = tree.entries.compactMap { entry -> Tree.Entry? in
                let below = Field(tree: entry.value, path: field.path / entry.key, findings: field.findings)
                return Shape.buildContext.long(below, normaliser).map { entry.holding($0) }
            }
            return tree.replacing(.mapping(entries))
        },
        "args": .variables,
        "ssh": .ssh,
        "labels": .pairs(),
        "cache_from": .list(.string),
        "cache_to": .list(.string),
        "no_cache": .bool,
        "pull": .bool,
        "network": .string,
        "target": .string,
        "shm_size": .size,
        "extra_hosts": .extraHosts,
        "isolation": .string,
        "privileged": .bool,
        "entitlements": .list(.string),
        "provenance": .stringOrBool,
        "sbom": .stringOrBool,
        "secrets": .list(.fileUse),
        "tags": .list(.string),
        "ulimits": .ulimits,
        "platforms": .list(.string),
    ]

    /// develop.md.
    static let development: Keys = ["develop": .keys(.develop).orNull]
    static let develop: Keys = ["watch": .list(.watch)]
    static let watch: Keys = [
        "path": .path,
        "action": .oneOf("an action", "rebuild", "sync", "restart", "sync+restart", "sync+exec"),
        "target": .string,
        "ignore": .oneOrMany(.string),
        "include": .oneOrMany(.string),
        "exec": .hook,
        "initial_sync": .bool,
    ]
}

extension Shape {
    /// A context alone is the short form (build.md, "context").
    static let build = keys(.build).orString(for: "context")

    /// A directory, made absolute, or an address, which stays as it is.
    static let buildContext = Shape { field, normaliser in
        guard let text = field.string() else { return nil }
        return Normaliser.isRemote(text)
            ? field.tree.replacing(.string(text)) : Shape.path.long(field, normaliser)
    }

    /// `[default, ID=PATH]` or `{default: , ID: PATH}` as the list (build.md, "ssh").
    static let ssh = pairs().then { tree, field, _ in
        for entry in tree.entries where entry.key != "default" && (entry.value.text ?? "").isEmpty {
            field.findings.add(
                "the key \(Characters.quoted(entry.key)) has no path",
                "write ID=PATH, or 'default'",
                at: entry.position,
                field.path
            )
        }
        return tree.replacing(
            .sequence(
                tree.entries.map { entry in
                    let path = entry.value.text ?? ""
                    return entry.value.replacing(.string(path.isEmpty ? entry.key : "\(entry.key)=\(path)"))
                }
            )
        )
    }

    static let watch = keys(.watch, required: ["path": "name what to watch", "action": "say what to do"])
}
