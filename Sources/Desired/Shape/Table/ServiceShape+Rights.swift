// SPDX-License-Identifier: Apache-2.0

extension Keys {
    /// What it may do, and which parts of the host it sees.
    static let rights: Keys = [
        "privileged": .bool,
        "read_only": .bool,
        "cap_add": .set(.string),
        "cap_drop": .set(.string),
        "security_opt": .set(.string),
        "devices": .list(
            .keys(.device, required: ["source": "name the device on the host"])
                .then { tree, _, _ in
                    tree["source"].map { tree.adding("target", $0) }
                }
                .orShort(Shape.shortDevice)
        ),
        "device_cgroup_rules": .set(
            .string("a rule for devices", "write for example 'c 1:3 mr'", DeviceRule.isRule)
        ),
        "ulimits": .ulimits,
        "sysctls": .pairs(),
        "cgroup": .oneOf("a cgroup namespace", "host", "private"),
        "cgroup_parent": .string,
        "ipc": .namespace("shareable", "private", "host", "none"),
        "pid": .namespace("host").orNull,
        "uts": .namespace("host"),
        "userns_mode": .string,
        "isolation": .string,
        "runtime": .string,
        "credential_spec": .keys(.credentialSpec),
        "use_api_socket": .bool,
    ]

    /// "devices", long syntax.
    static let device: Keys = [
        "source": .string,
        "target": .string,
        "permissions": .string("a choice of rwm") { Shape.isChoice($0) },
    ]

    /// "ulimits".
    static let ulimit: Keys = [
        "soft": .integer(-1...Int64.max).telling,
        "hard": .integer(-1...Int64.max).telling,
    ]

    /// "credential_spec".
    static let credentialSpec: Keys = ["file": .string, "registry": .string, "config": .string]
}

extension Shape {
    /// One number for both limits, or each.
    static let ulimits = named(
        Shape(.keys { .ulimit }) { field, normaliser in
            let both = keys(.ulimit, required: ["soft": "add it", "hard": "add it"])
            return field.isMapping
                ? both.long(field, normaliser) : Shape.integer(-1...Int64.max).long(field, normaliser)
        }
    ) { !$0.isEmpty && $0.utf8.allSatisfy(Characters.isLower) }

    /// One of some words, or that of another container (05-services.md, "ipc", "pid", "network_mode").
    static func namespace(_ words: String...) -> Shape {
        let known = list(words.map { "'\($0)'" } + ["'service:NAME'"])
        return string("a namespace", "use \(known)", orEmpty: true) { text in
            let owner = ["service:", "container:"].first { text.hasPrefix($0) }
            return words.contains(text) || owner.map { text.utf8.count > $0.utf8.count } ?? false
        }
    }
}
