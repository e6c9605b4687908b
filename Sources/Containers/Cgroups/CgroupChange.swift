// SPDX-License-Identifier: Apache-2.0

/// A value for one file of a group.
struct CgroupChange: Equatable {
    let controller: String
    let file: String
    let value: String
    /// Nothing is lost where the file is missing.
    var isOptional = false
    /// What is written instead when the kernel finds the value invalid as things stand.
    var otherwise: [CgroupChange] = []
}

/// What is to be written for some limits, and in which order: a decision about what is read, without a write.
struct ChangePlan {
    let resources: Resources
    /// The group, for errors.
    let group: String
    /// Whether a controller is a version 1 one here.
    let isLegacy: (String) -> Bool
    /// The text of a file of the group as it is; nil if there is none.
    let read: (_ controller: String, _ file: String) -> String?

    func changes() throws(ContainerError) -> [CgroupChange] {
        try processors() + memory() + processorTime() + pids() + blockIO() + hugepages() + network() + rdma()
            + unified()
    }

    func refuse(_ what: String) -> ContainerError {
        ContainerError(step: "cgroup", group, cause: .unsupported(what))
    }

    func number(_ controller: String, _ file: String) -> UInt64? {
        read(controller, file)?.split(whereSeparator: \.isWhitespace).first.flatMap { UInt64($0) }
    }

    /// The specification's 0 is no wish.
    func asked(_ value: Int64?, _ name: String) throws(ContainerError) -> Int64? {
        guard let value, value != 0 else { return nil }
        guard value >= -1 else { throw refuse("\(name) \(value): use a number above 0, or -1 for no limit") }
        return value
    }

    func pids() throws(ContainerError) -> [CgroupChange] {
        guard let limit = try asked(resources.pids, "limit of processes") else { return [] }
        return [CgroupChange(controller: "pids", file: "pids.max", value: maximum(limit))]
    }

    /// As version 2, and every file of pids, wants it.
    func maximum(_ limit: Int64) -> String { limit < 0 ? "max" : "\(limit)" }
}
