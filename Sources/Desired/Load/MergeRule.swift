// SPDX-License-Identifier: Apache-2.0

/// How the value at a place in a Compose file is merged, and the rules for what is below it.
struct MergeRule: Sendable {
    enum Way {
        /// Mappings entry by entry, lists one after the other.
        case merge
        /// The later value takes the place of the earlier one.
        case replace
        /// Merged, unless the driver changes.
        case logging
    }

    var way = Way.merge
    /// What makes two items of a list the same.
    var key: (@Sendable (Tree) -> String?)?
    /// Whether an item is merged over the one of the same key instead of replacing it.
    var mergesItems = false
    private var children: [String: MergeRule] = [:]

    init() {}

    private init(_ way: Way) {
        self.way = way
    }

    /// A list whose items have a key.
    private init(mergesItems: Bool = false, key: @escaping @Sendable (Tree) -> String?) {
        self.key = key
        self.mergesItems = mergesItems
    }

    private init(_ children: [String: MergeRule]) {
        self.children = children
    }

    /// The rule for an entry of a mapping.
    subscript(key: String) -> MergeRule {
        children[key] ?? children["*"] ?? MergeRule()
    }

    static let replaced = MergeRule(.replace)

    static let root = MergeRule([
        "services": MergeRule(["*": service]),
        "networks": MergeRule([
            "*": MergeRule([
                "ipam": MergeRule(["config": MergeRule(mergesItems: true) { $0["subnet"]?.text }])
            ])
        ]),
    ])

    static let service: MergeRule = {
        let word = MergeRule { $0.text }
        // A name without a value stands for that of the environment, so it is not an empty one.
        let variables = MergeRule(["*": replaced])
        var hosts = MergeRule(["*": word])
        hosts.key = word.key
        let target = MergeRule { $0["target"]?.text.map { FilePlace.absolute($0) ?? $0 } }
        return MergeRule([
            "command": replaced,
            "entrypoint": replaced,
            "healthcheck": MergeRule(["test": replaced]),
            "environment": variables,
            "labels": variables,
            "logging": MergeRule(.logging),
            "ulimits": MergeRule(["*": replaced]),
            "build": MergeRule(["args": variables, "extra_hosts": hosts, "tags": word]),
            "cap_add": word,
            "cap_drop": word,
            "configs": MergeRule { mount($0, in: "") },
            "device_cgroup_rules": word,
            "devices": target,
            "dns": word,
            "dns_opt": word,
            "dns_search": word,
            "env_file": MergeRule { $0["path"]?.text },
            "expose": word,
            "external_links": word,
            "extra_hosts": hosts,
            "group_add": word,
            "label_file": word,
            "links": word,
            "networks": MergeRule(["*": MergeRule(["aliases": word, "link_local_ips": word])]),
            "ports": MergeRule(key: port),
            "profiles": word,
            "secrets": MergeRule { mount($0, in: "/run/secrets") },
            "security_opt": word,
            // The options follow a colon.
            "tmpfs": MergeRule { $0.text?.split(separator: ":").first.map { String($0) } },
            "volumes": target,
            "volumes_from": word,
        ])
    }()

    /// Where a config or secret is put.
    private static func mount(_ item: Tree, in directory: String) -> String? {
        item["target"]?.text ?? item["source"]?.text.map { "\(directory)/\($0)" }
    }

    @Sendable private static func port(_ item: Tree) -> String? {
        guard let target = item["target"]?.text else { return nil }
        let address = item["host_ip"]?.text ?? "0.0.0.0"
        return "\(address):\(item["published"]?.text ?? ""):\(target)/\(item["protocol"]?.text ?? "tcp")"
    }
}
