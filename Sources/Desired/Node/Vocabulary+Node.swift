// SPDX-License-Identifier: Apache-2.0

// The words of `node.yaml`. A key moves from `planned` to the honoured ones in the same change that makes it mean
// something.
extension Vocabulary {
    static let nodeFile = Vocabulary(
        [
            "format", "node", "api", "userns", "gc", "firewall", "cgroups", "registries", "trust", "sources",
            "apply", "secrets", "stores", "sinks", "logs", "update",
        ]
    )
    static let nodeUpdate = Vocabulary(["agent"], planned: ["os"])
    static let nodeAgentUpdate = Vocabulary(["source", "verify", "health"], planned: ["follow"])

    static let provision = Vocabulary(["format", "files"])
    static let provisionFile = Vocabulary(["path", "mode", "content"])

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
    static let nodeStore = Vocabulary(["dir", "s3", "swift", "encrypt", "use_for"])
    static let nodeSwift = Vocabulary(
        ["auth_url", "container", "region", "interface", "prefix", "auth", "ca", "create", "require"]
    )
    static let nodeS3 = Vocabulary(
        [
            "endpoint", "bucket", "region", "path_style", "prefix", "auth", "ca", "owner", "require",
            "signature",
        ]
    )
    static let nodeSink = Vocabulary(
        [
            "syslog", "relp", "journald", "journal-remote", "forward", "lumberjack", "logstash", "archive",
            "http", "loki",
            "otlp", "splunk", "gelf", "keep", "max_lag",
        ]
    )
    /// What every sink that may speak TLS has.
    private static let sinkTLS: Set = ["ca", "cert", "key", "verify"]
    /// What every sink that sends messages of syslog has.
    private static let syslogMessage: Set = ["format", "facility", "severity", "max_message", "bom", "sd_id"]
    static let nodeSyslog = Vocabulary(sinkTLS.union(syslogMessage).union(["url", "framing", "rate"]))
    static let nodeRELP = Vocabulary(sinkTLS.union(syslogMessage).union(["url"]))
    static let nodeJournal = Vocabulary(["socket"])
    static let nodeRemoteJournal = Vocabulary(sinkTLS.union(["url"]))
    static let nodeSeverity = Vocabulary(["stdout", "stderr"])
    static let nodeForward = Vocabulary(
        sinkTLS.union(["url", "ack", "ack_timeout", "compress", "tag", "shared_key", "user", "password"])
    )
    static let nodeLumberjack = Vocabulary(sinkTLS.union(["url", "window", "compress", "ack_timeout"]))
    static let nodeLogstash = Vocabulary(sinkTLS.union(["url"]))
    /// What every sink has that is asked by HTTP.
    private static let sinkHTTP = sinkTLS.union(["url", "auth", "compress"])
    static let nodeHTTPSink = Vocabulary(sinkHTTP.union(["format", "method", "headers"]))
    static let nodeLoki = Vocabulary(sinkHTTP.union(["tenant", "labels"]))
    static let nodeOTLP = Vocabulary(sinkHTTP.union(["encoding"]))
    static let nodeSplunk = Vocabulary(
        sinkHTTP.subtracting(["auth"]).union(["token", "ack", "ack_timeout"])
    )
    static let nodeGELF = Vocabulary(sinkHTTP.union(["chunk", "rate"]))
    static let nodeArchive = Vocabulary(["store", "prefix", "every", "size"])
    static let nodeDirectory = Vocabulary(["path"], planned: ["on_mount"])
    static let nodeHTTP = Vocabulary(["url", "auth", "ca"], planned: ["sha256_header"])

    static let nodeApply = Vocabulary(["mode", "pause_file", "drift"], planned: ["prune"])
    static let nodeSecrets = Vocabulary(["age_identity", "commands", "environment"])
    static let nodeSecretCommand = Vocabulary(["command", "timeout"])

    static let node = Vocabulary(["name", "labels"])
    static let nodeAPI = Vocabulary(["socket", "group", "listen", "tls", "tokens", "roles", "verify"])
    static let nodeTLS = Vocabulary(["cert", "key", "client_ca", "crl"])
    static let nodeRoles = Vocabulary(["read", "deploy", "admin"])
    static let nodeCgroups = Vocabulary(["driver", "machines"])
    static let nodeUserNamespaces = Vocabulary(["range", "allow_host"])
    static let nodeGarbage = Vocabulary(["keep_generations", "images"])
    static let nodeLogs = Vocabulary(["spool"])
    static let nodeImageGarbage = Vocabulary(["high", "low", "min_age"])
    static let nodeTrust = Vocabulary(["images", "signers"])
    static let nodeSigners = Vocabulary(["ssh_allowed"])
    static let defaultImageRule = Vocabulary(
        ["require", "deny", "cosign_key", "threshold", "algorithm", "identity", "min_age"]
    )
    static let imageRule = Vocabulary(defaultImageRule.honoured.union(["prefixes"]))
    static let nodeFirewall = Vocabulary(["bind_default"], planned: ["table", "priority"])
}
