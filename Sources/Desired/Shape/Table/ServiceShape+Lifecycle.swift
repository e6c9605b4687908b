// SPDX-License-Identifier: Apache-2.0

extension Keys {
    /// When it starts, whether it is well, and how it stops.
    static let lifecycle: Keys = [
        "depends_on": .dependsOn,
        "healthcheck": .keys(.healthcheck),
        "restart": .string,
        "stop_signal": .string,
        "stop_grace_period": .duration.telling,
        "pre_start": .list(.hook),
        "post_start": .list(.hook),
        "pre_stop": .list(.hook),
    ]

    /// "depends_on", long syntax.
    static let dependency: Keys = [
        "condition": .string(
            "a condition",
            "use service_started, service_healthy or service_completed_successfully"
        ) { Dependency.Condition(rawValue: $0) != nil },
        "required": .bool.telling,
        "restart": .bool,
    ]

    /// "healthcheck".
    static let healthcheck: Keys = [
        "test": .healthTest,
        "interval": .duration.telling,
        "timeout": .duration.telling,
        "retries": .integer().telling,
        "start_period": .duration.telling,
        "start_interval": .duration.telling,
        "disable": .bool,
    ]

    /// "post_start" and "pre_stop".
    static let hook: Keys = [
        "command": .command.telling,
        "user": .string,
        "privileged": .bool,
        "working_dir": .string,
        "environment": .variables,
    ]
}

extension Shape {
    /// A name alone waits until the other service is started.
    static let dependsOn = namesOr(
        named(
            keys(.dependency, required: ["condition": "add for example 'condition: service_started'"])
                .then { tree, _, _ in tree.adding("required", .plain("true", at: tree.position)) }
        ),
        value: { position in
            .mapping(
                [
                    ("condition", .string("service_started", at: position)),
                    ("required", .plain("true", at: position)),
                ],
                at: position
            )
        }
    )

    /// A line alone is run by the shell of the container.
    static let healthTest = list(.string).then { tree, field, _ in
        let words = tree.items.compactMap(\.text)
        switch words.first {
        case nil: return tree
        case "NONE" where words.count == 1: return tree
        case "CMD" where words.count > 1: return tree
        case "CMD-SHELL" where words.count == 2: return tree
        default:
            field.refuse("is not a health test", "write [CMD, PROGRAM, ...], [CMD-SHELL, LINE] or [NONE]")
            return nil
        }
    }.orShort { field, _ in
        let position = field.tree.position
        return field.string().map {
            field.tree.replacing(.sequence([.string("CMD-SHELL", at: position), .string($0, at: position)]))
        }
    }

    static let hook = keys(.hook, required: ["command": "add what to run"])
}
