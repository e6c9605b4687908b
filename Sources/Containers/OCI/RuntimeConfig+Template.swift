// SPDX-License-Identifier: Apache-2.0

extension RuntimeConfig {
    /// The configuration to start a bundle from: a shell with a terminal over a read-only root.
    ///
    /// `cgroupNamespace` gives the container a view of its own of a version 2 hierarchy.
    public static func template(cgroupNamespace: Bool) -> JSON {
        [
            "ociVersion": .string(version),
            "process": process,
            "root": ["path": "rootfs", "readonly": true],
            "hostname": "martlet",
            "mounts": mounts,
            "linux": [
                "resources": ["devices": [["allow": false, "access": "rwm"]]],
                "namespaces": .array(
                    (["pid", "network", "ipc", "uts", "mount"] + (cgroupNamespace ? ["cgroup"] : []))
                        .map { ["type": $0] }
                ),
                "maskedPaths": [
                    "/proc/acpi", "/proc/asound", "/proc/kcore", "/proc/keys", "/proc/latency_stats",
                    "/proc/timer_list", "/proc/timer_stats", "/proc/sched_debug", "/sys/firmware",
                    "/proc/scsi",
                ],
                "readonlyPaths": [
                    "/proc/bus", "/proc/fs", "/proc/irq", "/proc/sys", "/proc/sysrq-trigger",
                ],
            ],
        ]
    }

    private static var process: JSON {
        let capabilities: JSON = ["CAP_AUDIT_WRITE", "CAP_KILL", "CAP_NET_BIND_SERVICE"]
        return [
            "terminal": true,
            "user": ["uid": 0, "gid": 0],
            "args": ["sh"],
            "env": ["PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin", "TERM=xterm"],
            "cwd": "/",
            "capabilities": [
                "bounding": capabilities,
                "effective": capabilities,
                "permitted": capabilities,
                "ambient": capabilities,
            ],
            "rlimits": [["type": "RLIMIT_NOFILE", "hard": 1024, "soft": 1024]],
            "noNewPrivileges": true,
        ]
    }

    private static var mounts: JSON {
        [
            mount("/proc", "proc", "proc", []),
            mount("/dev", "tmpfs", "tmpfs", ["nosuid", "strictatime", "mode=755", "size=65536k"]),
            mount(
                "/dev/pts",
                "devpts",
                "devpts",
                ["nosuid", "noexec", "newinstance", "ptmxmode=0666", "mode=0620", "gid=5"]
            ),
            mount("/dev/shm", "tmpfs", "shm", ["nosuid", "noexec", "nodev", "mode=1777", "size=65536k"]),
            mount("/dev/mqueue", "mqueue", "mqueue", ["nosuid", "noexec", "nodev"]),
            mount("/sys", "sysfs", "sysfs", ["nosuid", "noexec", "nodev", "ro"]),
            mount("/sys/fs/cgroup", "cgroup", "cgroup", ["nosuid", "noexec", "nodev", "relatime", "ro"]),
        ]
    }

    private static func mount(_ destination: String, _ type: String, _ source: String, _ options: [String])
        -> JSON
    {
        var members: [JSON.Member] = [
            .init("destination", .string(destination)), .init("type", .string(type)),
            .init("source", .string(source)),
        ]
        if !options.isEmpty { members.append(.init("options", .array(options.map { .string($0) }))) }
        return .object(members)
    }
}
