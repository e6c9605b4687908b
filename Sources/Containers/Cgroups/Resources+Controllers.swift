// SPDX-License-Identifier: Apache-2.0

extension Resources {
    /// The version 1 controllers of the limits that few containers have: a group is made there when it is needed.
    var rareControllers: Set<String> {
        var names: Set<String> = []
        if cpu.cpus != nil || cpu.mems != nil { names.insert("cpuset") }
        if !hugepages.isEmpty { names.insert("hugetlb") }
        if network.classID != nil { names.insert("net_cls") }
        if !network.priorities.isEmpty { names.insert("net_prio") }
        if !rdma.isEmpty { names.insert("rdma") }
        return names
    }
}
