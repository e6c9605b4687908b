// SPDX-License-Identifier: Apache-2.0

extension ChangePlan {
    func hugepages() throws(ContainerError) -> [CgroupChange] {
        let suffix = isLegacy("hugetlb") ? "limit_in_bytes" : "max"
        var changes: [CgroupChange] = []
        for (size, limit) in resources.hugepages.sorted(by: { $0.key < $1.key }) {
            let unit = size.drop { $0.isASCII && $0.isNumber }
            guard unit.count < size.count, ["KB", "MB", "GB"].contains(unit) else {
                throw refuse("huge pages of \(size.debugDescription): use a size like 2MB or 1GB")
            }
            for (file, isOptional) in [(".", false), (".rsvd.", true)] {
                changes.append(
                    CgroupChange(
                        controller: "hugetlb",
                        file: "hugetlb.\(size)\(file)\(suffix)",
                        value: "\(limit)",
                        // Reserved pages are counted since kernel 5.7.
                        isOptional: isOptional
                    )
                )
            }
        }
        return changes
    }

    func network() throws(ContainerError) -> [CgroupChange] {
        var changes: [CgroupChange] = []
        if let id = resources.network.classID, id != 0 {
            changes.append(CgroupChange(controller: "net_cls", file: "net_cls.classid", value: "\(id)"))
        }
        for (name, priority) in resources.network.priorities.sorted(by: { $0.key < $1.key }) {
            guard !name.isEmpty, !name.contains(where: \.isWhitespace) else {
                throw refuse("network interface \(name.debugDescription): use its name")
            }
            changes.append(
                CgroupChange(controller: "net_prio", file: "net_prio.ifpriomap", value: "\(name) \(priority)")
            )
        }
        for change in changes where !isLegacy(change.controller) {
            throw refuse(
                "\(change.file): no version 1 \(change.controller) hierarchy is mounted: mount one, or remove it"
            )
        }
        return changes
    }

    func rdma() throws(ContainerError) -> [CgroupChange] {
        var changes: [CgroupChange] = []
        for (device, limits) in resources.rdma.sorted(by: { $0.key < $1.key }) {
            guard !device.isEmpty, !device.contains(where: \.isWhitespace) else {
                throw refuse("RDMA device \(device.debugDescription): use its name")
            }
            let values = [("hca_handle", limits.handles), ("hca_object", limits.objects)].compactMap {
                name,
                value in
                value.map { "\(name)=\($0)" }
            }
            guard !values.isEmpty else { continue }
            let value = ([device] + values).joined(separator: " ")
            changes.append(CgroupChange(controller: "rdma", file: "rdma.max", value: value))
        }
        return changes
    }

    /// Files that move, kill or hold processes are no limits.
    private static let noLimits: Set = [
        "cgroup.procs", "cgroup.threads", "cgroup.kill", "cgroup.freeze", "cgroup.type",
    ]

    func unified() throws(ContainerError) -> [CgroupChange] {
        var changes: [CgroupChange] = []
        for (file, value) in resources.unified.sorted(by: { $0.key < $1.key }) {
            let controller = file.prefix { $0 != "." }
            guard controller.count + 1 < file.count, !controller.isEmpty, !file.utf8.contains(0),
                !file.contains("/"), !Self.noLimits.contains(file)
            else {
                throw refuse(
                    "unified resource \(file.debugDescription): use the name of a file such as memory.high"
                )
            }
            for line in value.split(separator: "\n") {
                changes.append(
                    CgroupChange(controller: String(controller), file: file, value: String(line))
                )
            }
        }
        return changes
    }
}
