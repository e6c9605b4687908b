// SPDX-License-Identifier: Apache-2.0

// The keys of the Compose Specification that are honoured, and ours under `x-martlet`. All others of the
// specification are in the tables of `Shape/`, and refused until they mean something: a key moves in here in the
// same change that makes it do so.
extension Vocabulary {
    static let app = Vocabulary(
        [
            "name", "version", "services", "networks", "volumes", "configs", "secrets",
            "x-martlet",
            // Honoured when the files are read, and gone by now.
            "include", "jobs", "x-jobs",
        ],
        of: .app
    )

    static let appExtension = Vocabulary(
        ["format", "rollout", "version", "expires", "audience", "window"],
        planned: ["place", "strict"]
    )
    static let rollout = Vocabulary(["strategy", "on_failure", "monitor", "deadline", "keep"])

    static let service = Vocabulary(
        [
            "image", "command", "entrypoint", "environment", "user", "working_dir", "hostname", "ports",
            "volumes", "tmpfs", "networks", "network_mode", "depends_on", "healthcheck", "restart",
            "stop_signal", "stop_grace_period", "read_only", "cap_add", "cap_drop", "security_opt", "init",
            "tty", "stdin_open", "ulimits", "sysctls", "devices", "labels", "extra_hosts", "dns", "mem_limit",
            "cpus", "pids_limit", "cpu_shares", "deploy", "scale", "pull_policy", "container_name",
            "shm_size", "group_add", "oom_score_adj", "configs", "secrets", "pre_start", "post_start",
            "pre_stop",
            "annotations", "attach", "cpu_period", "cpu_quota", "cpuset", "dns_opt", "dns_search",
            "domainname", "platform", "x-martlet",
            // Honoured when the files are read.
            "extends", "env_file", "label_file", "profiles",
            // Every port is open to the services of the same networks, so there is nothing to do.
            "expose",
            "links", "mem_reservation", "userns_mode",
            // Only with what holds anyway.
            "privileged", "oom_kill_disable", "use_api_socket", "ipc", "pid", "uts", "cgroup", "isolation",
        ],
        of: .service
    )

    static let serviceExtension = Vocabulary(
        [
            "image", "systemd", "userns", "memory", "cpu", "snapshot", "drain", "window", "lock", "on_change",
            "probes", "flap", "logs", "notify", "sockets",
        ],
        planned: ["egress"]
    )
    static let job = Vocabulary([
        "schedule", "time_zone", "overlap", "missed", "timeout", "retries", "keep",
    ])
    static let imageExtension = Vocabulary(["verify", "min_age", "follow"])
    static let drain = Vocabulary(["wait"])
    static let probes = Vocabulary(["startup", "readiness", "liveness"])
    static let probe = Vocabulary(
        [
            "http", "tcp", "unix", "grpc", "exec", "every", "timeout", "fail_after", "success_after",
            "initial_delay",
        ]
    )
    static let livenessProbe = Vocabulary(probe.honoured.union(["then"]))
    static let httpProbe = Vocabulary(["port", "path", "status", "host", "headers", "scheme"])
    static let tcpProbe = Vocabulary(["port"])
    static let unixProbe = Vocabulary(["path"])
    static let grpcProbe = Vocabulary(["port", "service"])
    static let execProbe = Vocabulary(["command"])
    static let notify = Vocabulary(["watchdog"])
    static let listener = Vocabulary(["listen", "name", "mode", "backlog"])
    static let flap = Vocabulary(["restarts", "within", "then"])
    static let logs = Vocabulary([
        "parse", "multiline", "redact", "sample", "rate_limit", "fields", "sinks", "on_full", "keep",
    ])
    static let multiline = Vocabulary(["start", "timeout", "max_lines"])
    static let sample = Vocabulary(["rate"])
    static let rateLimit = Vocabulary(["lines", "bytes", "burst"])
    static let keep = Vocabulary(["size", "age"])
    static let memoryExtension = Vocabulary(["high", "swap_max"])
    static let processorExtension = Vocabulary(["weight", "latency", "exclusive"])

    static let network = Vocabulary(
        [
            "name", "driver", "driver_opts", "internal", "enable_ipv4", "enable_ipv6", "ipam", "labels",
        ],
        of: .network
    )
    static let ipam = Vocabulary(["driver", "config"], of: .ipam)
    static let subnet = Vocabulary(["subnet", "gateway"], of: .subnet)
    static let volume = Vocabulary(["name", "labels", "x-martlet"], of: .volume)
    static let volumeExtension = Vocabulary(
        [
            "store", "mode", "commit", "restore", "lease", "quiesce", "max_dirty", "on_store_down",
            "on_remove", "retain", "quota", "encrypt", "prefix",
        ]
    )
    static let retain = Vocabulary(["last", "hourly", "daily"])
    static let lease = Vocabulary(["ttl"])
    static let quiesce = Vocabulary(["service", "exec"])

    static let config = Vocabulary(
        ["name", "file", "environment", "content", "labels"],
        of: .config,
        remedies: ["external": "a node has no store of configs: give 'file', 'environment' or 'content'"]
    )
    /// What is `external` needs a place on the node all the same, under `x-martlet`.
    static let secret = Vocabulary(
        ["name", "file", "environment", "external", "labels", "x-martlet"],
        of: .secret
    )
    static let secretExtension = Vocabulary(["credential", "command", "age"])
    static let fileUse = Vocabulary(["source", "target", "uid", "gid", "mode"], of: .fileUse)

    static let port = Vocabulary(["target", "published", "host_ip", "protocol", "mode"], of: .port)
    static let mount = Vocabulary(
        ["type", "source", "target", "read_only", "bind", "volume", "tmpfs"],
        of: .mount
    )
    static let bind = Vocabulary(["create_host_path"], of: .bind)
    static let mountedVolume = Vocabulary([], of: .mountedVolume)
    static let tmpfs = Vocabulary(["size", "mode"], of: .tmpfs)
    static let attachment = Vocabulary(["aliases", "ipv4_address"], of: .attachment)
    static let dependency = Vocabulary(["condition", "required", "restart"], of: .dependency)
    static let healthcheck = Vocabulary(
        ["test", "interval", "timeout", "retries", "start_period", "start_interval", "disable"],
        of: .healthcheck
    )
    static let hook = Vocabulary(
        ["command", "user", "working_dir", "environment"],
        of: .hook,
        remedies: ["privileged": "remove the key, and give the service what it needs with 'cap_add'"]
    )
    static let device = Vocabulary(["source", "target", "permissions"], of: .device)
    static let ulimit = Vocabulary(["soft", "hard"], of: .ulimit)

    static let deploy = Vocabulary(
        [
            "mode", "replicas", "resources", "restart_policy", "placement", "labels", "update_config",
            "rollback_config",
        ],
        of: .deploy
    )
    static let update = Vocabulary(
        ["parallelism", "delay", "failure_action", "monitor", "max_failure_ratio", "order"],
        of: .update
    )
    /// What follows when a return fails, too, is not the file's to say.
    static let rollback = Vocabulary(
        ["parallelism", "delay", "monitor", "max_failure_ratio", "order"],
        of: .update
    )
    static let placement = Vocabulary([], of: .placement)
    static let resources = Vocabulary(["limits", "reservations"], of: .deployResources)
    static let limits = Vocabulary(["cpus", "memory", "pids"], of: .limits)
    static let reservations = Vocabulary(["cpus", "memory"], of: .reservations)
    static let restartPolicy = Vocabulary(
        ["condition", "delay", "max_attempts", "window"],
        of: .restartPolicy
    )
}
