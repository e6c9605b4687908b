// SPDX-License-Identifier: Apache-2.0

extension Keys {
    /// What is mounted.
    static let storage: Keys = [
        "volumes": .list(.mount),
        "volumes_from": .set(.string),
        "tmpfs": .oneOrMany(.string),
        "shm_size": .size,
        "storage_opt": .named(.stringOrNumber),
        "configs": .list(.fileUse),
        "secrets": .list(.fileUse),
    ]

    /// "volumes", long syntax.
    static let mount: Keys = [
        "type": .oneOf("a type of mount", "volume", "bind", "tmpfs", "image", "npipe", "cluster"),
        "source": .string,
        "target": .string,
        "read_only": .bool,
        "consistency": .string,
        "bind": .keys(.bind),
        "volume": .keys(.mountedVolume),
        "tmpfs": .keys(.tmpfs),
        "image": .keys(.mountedImage),
    ]
    static let bind: Keys = [
        "propagation": .string(
            "a propagation",
            "use \(Shape.list(Shape.propagations))",
            Shape.propagations.contains
        ),
        "create_host_path": .bool,
        "selinux": .oneOf("a way to label", "z", "Z"),
        "recursive": .oneOf(
            "a way to bind what is mounted below",
            "enabled",
            "disabled",
            "writable",
            "readonly"
        ),
    ]
    static let mountedVolume: Keys = [
        "nocopy": .bool,
        "subpath": .string,
        "labels": .pairs(),
    ]
    static let tmpfs: Keys = ["size": .size, "mode": .decimalMode]
    static let mountedImage: Keys = ["subpath": .string]

    /// "configs" and "secrets", long syntax.
    static let fileUse: Keys = [
        "source": .string,
        "target": .string,
        "uid": .string,
        "gid": .string,
        "mode": .mode.telling,
    ]
}

extension Shape {
    /// A mount in its long form; the source of a bind is a path of the host.
    static let mount = keys(
        .mount,
        required: ["type": "use volume, bind or tmpfs", "target": "add the path inside the container"]
    ).then { tree, field, normaliser in
        guard let target = tree["target"]?.text, let plain = FilePlace.absolute(target) else {
            field.child("target")?.refuse(
                "\(Characters.quoted(tree["target"]?.text ?? "")) is not an absolute path",
                "start it with '/' and leave out '..'"
            )
            return nil
        }
        let kind = tree["type"]?.text ?? ""
        // Compose prints so the label of `VOLUME:TARGET:z`.
        let isLabelled = kind == "volume" && tree["bind"]?["selinux"] != nil
        for key in ["bind", "volume", "tmpfs", "image"] where key != kind && !(key == "bind" && isLabelled) {
            field.child(key)?.refuse("does not go with type \(kind)", "remove it")
        }
        let long = tree.setting("target", tree["target"]?.replacing(.string(plain)))
        guard kind == "bind" else { return long }
        guard let source = field.child("source"), let text = tree["source"]?.text else {
            field.refuse("'source' is missing", "add the path on the host")
            return nil
        }
        return normaliser.path(text, source).map {
            long.setting("source", source.tree.replacing(.string($0)))
        }
    }.orShort(Shape.shortMount)

    /// A config or secret of the project; its name alone is the short form.
    static let fileUse = keys(.fileUse, required: ["source": "name it"]).orString(for: "source")
}
