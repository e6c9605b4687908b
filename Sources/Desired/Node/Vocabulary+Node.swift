// SPDX-License-Identifier: Apache-2.0

// The words of `node.yaml`. A key moves from `planned` to the honoured ones in the same change that makes it mean
// something.
extension Vocabulary {
    static let nodeFile = Vocabulary(
        [
            "format", "node", "api", "userns", "gc", "firewall", "registries", "trust", "sources", "apply",
            "secrets", "stores",
        ],
        planned: ["sinks", "update"]
    )

    static let nodeRegistry = Vocabulary(
        ["prefix", "mirrors", "fallback", "auth", "ca", "insecure", "token_hosts"]
    )

    static let nodeSource = Vocabulary(
        [
            "name", "dir", "http", "git", "oci", "store", "optional", "verify", "every", "jitter",
            "allow_empty",
            "hook",
        ]
    )
    static let nodeGit = Vocabulary(["url", "ref", "path", "auth", "ca", "key", "known_hosts"])
    static let nodeArtifact = Vocabulary(["image"])
    static let nodeObject = Vocabulary(["name", "key"])
    static let nodeStore = Vocabulary(
        ["dir"],
        planned: ["s3", "swift", "use_for"],
        remedies: ["s3": "use 'dir'", "swift": "use 'dir'"]
    )
    static let nodeDirectory = Vocabulary(["path"], planned: ["on_mount"])
    static let nodeHTTP = Vocabulary(["url", "auth", "ca"], planned: ["sha256_header"])

    static let nodeApply = Vocabulary(["mode", "pause_file", "drift"], planned: ["prune"])
    static let nodeSecrets = Vocabulary(["age_identity", "commands", "environment"])
    static let nodeSecretCommand = Vocabulary(["command", "timeout"])

    static let node = Vocabulary(["name", "labels"])
    static let nodeAPI = Vocabulary(["socket", "group", "listen", "tls", "tokens", "roles", "verify"])
    static let nodeTLS = Vocabulary(["cert", "key", "client_ca", "crl"])
    static let nodeRoles = Vocabulary(["read", "deploy", "admin"])
    static let nodeUserNamespaces = Vocabulary(["range", "allow_host"])
    static let nodeGarbage = Vocabulary(["keep_generations", "images"])
    static let nodeImageGarbage = Vocabulary(["high", "low", "min_age"])
    static let nodeTrust = Vocabulary(["images", "signers"])
    static let nodeSigners = Vocabulary(["ssh_allowed"])
    static let defaultImageRule = Vocabulary(
        ["require", "deny", "cosign_key", "threshold", "algorithm", "identity", "min_age"]
    )
    static let imageRule = Vocabulary(defaultImageRule.honoured.union(["prefixes"]))
    static let nodeFirewall = Vocabulary(["bind_default"], planned: ["table", "priority"])
}
