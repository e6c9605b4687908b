// SPDX-License-Identifier: Apache-2.0

// The words of the Compose Specification, and ours under `x-martlet`. A key moves from `planned` to the honoured
// ones in the same change that makes it mean something.
extension Vocabulary {
    static let app = Vocabulary(
        ["name", "version", "services", "networks", "volumes", "x-martlet"],
        planned: ["configs", "secrets", "include", "models", "jobs", "x-jobs"]
    )

    static let appExtension = Vocabulary(
        ["format"],
        planned: ["rollout", "window", "place", "strict"]
    )

    static let service = Vocabulary(
        [
            "image", "command", "entrypoint", "environment", "user", "working_dir", "hostname", "ports",
            "volumes",
            "tmpfs", "networks", "network_mode", "depends_on", "healthcheck", "restart", "stop_signal",
            "stop_grace_period", "read_only", "cap_add", "cap_drop", "security_opt", "init", "tty",
            "stdin_open",
            "ulimits", "sysctls", "devices", "labels", "extra_hosts", "dns", "mem_limit", "cpus",
            "pids_limit",
            "cpu_shares", "deploy", "scale", "pull_policy", "container_name", "shm_size", "group_add",
            "oom_score_adj", "x-martlet",
        ],
        planned: [
            "annotations", "attach", "blkio_config", "build", "cgroup", "cgroup_parent", "configs",
            "cpu_count",
            "cpu_percent", "cpu_period", "cpu_quota", "cpu_rt_period", "cpu_rt_runtime", "cpuset",
            "credential_spec", "develop", "device_cgroup_rules", "dns_opt", "dns_search", "domainname",
            "env_file",
            "expose", "extends", "external_links", "gpus", "ipc", "isolation", "label_file", "links",
            "logging",
            "mac_address", "mem_reservation", "mem_swappiness", "memswap_limit", "models", "oom_kill_disable",
            "pid",
            "platform", "post_start", "pre_start", "pre_stop", "privileged", "profiles", "provider",
            "runtime",
            "secrets", "storage_opt", "use_api_socket", "userns_mode", "uts", "volume_driver", "volumes_from",
        ]
    )

    static let serviceExtension = Vocabulary(
        ["userns"],
        planned: [
            "image", "probes", "flap", "egress", "on_change", "logs", "memory", "cpu", "drain", "lock",
        ]
    )

    static let network = Vocabulary(
        ["driver", "internal", "enable_ipv6", "ipam"],
        planned: ["attachable", "driver_opts", "enable_ipv4", "external", "labels", "name"]
    )
    static let ipam = Vocabulary(["config"], planned: ["driver", "options"])
    static let subnet = Vocabulary(["subnet", "gateway"], planned: ["ip_range", "aux_addresses"])
    static let volume = Vocabulary(
        [],
        planned: ["driver", "driver_opts", "external", "labels", "name", "x-martlet"]
    )

    static let port = Vocabulary(
        ["target", "published", "host_ip", "protocol", "mode"],
        planned: ["name", "app_protocol"]
    )
    static let mount = Vocabulary(
        ["type", "source", "target", "read_only", "bind", "tmpfs"],
        planned: ["volume", "image", "consistency"]
    )
    static let bind = Vocabulary(["create_host_path"], planned: ["propagation", "selinux", "recursive"])
    static let tmpfs = Vocabulary(["size", "mode"])
    static let attachment = Vocabulary(
        ["aliases", "ipv4_address"],
        planned: [
            "ipv6_address", "link_local_ips", "mac_address", "driver_opts", "gw_priority", "interface_name",
            "priority",
        ]
    )
    static let dependency = Vocabulary(["condition", "required", "restart"])
    static let healthcheck = Vocabulary(
        ["test", "interval", "timeout", "retries", "start_period", "start_interval", "disable"])
    static let device = Vocabulary(["source", "target", "permissions"])
    static let ulimit = Vocabulary(["soft", "hard"])

    static let deploy = Vocabulary(
        ["replicas", "resources", "restart_policy"],
        planned: ["endpoint_mode", "labels", "mode", "placement", "rollback_config", "update_config"]
    )
    static let resources = Vocabulary(["limits", "reservations"])
    static let limits = Vocabulary(["cpus", "memory", "pids"])
    static let reservations = Vocabulary(["cpus", "memory"], planned: ["generic_resources", "devices"])
    static let restartPolicy = Vocabulary(["condition", "delay", "max_attempts", "window"])
}
