// SPDX-License-Identifier: Apache-2.0

extension RuntimeConfig {
    /// Whether the container's control group is to be its own: OCI runtime specification, "Cgroup ownership".
    var ownsControlGroups: Bool {
        let isNew = linux.namespaces.contains { $0.type == .cgroup && $0.path == nil }
        return isNew
            && mounts.contains { mount in
                (mount.type == "cgroup" || mount.type == "cgroup2") && mount.destination == "/sys/fs/cgroup"
                    && !mount.options.contains("ro")
            }
    }
}
