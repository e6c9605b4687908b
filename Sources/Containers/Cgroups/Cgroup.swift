// SPDX-License-Identifier: Apache-2.0
internal import CLinux
internal import Glibc
internal import Linux

/// The control groups of one container: a folder of its own in each hierarchy.
public struct Cgroup: Sendable {
    private let tree: CgroupTree
    private let id: String
    /// The version 2 folder, for clone3(2).
    let directory: Descriptor?
    /// The version 1 `cgroup.procs` files, open for writing.
    let procs: [Descriptor]

    /// Makes the container's folders, or takes over those that a crash left, and sets its limits.
    ///
    /// A limit that this host's controllers cannot hold is an error that names it.
    public init(
        _ id: String,
        in tree: CgroupTree,
        resources: Resources,
        devices: [DeviceNode] = []
    ) throws {
        try ContainerSpec.check(id: id)
        self.tree = tree
        self.id = id
        var procs: [Descriptor] = []
        for folder in tree.folders where mkdir("\(folder)/\(id)", 0o755) < 0 {
            let cause = errno
            guard cause == EEXIST else {
                throw ContainerError(step: "cgroup", "\(folder)/\(id)", cause: .errno(cause))
            }
        }
        for folder in Set(tree.legacy.values).sorted() {
            procs.append(try Descriptor.open("\(folder)/\(id)/cgroup.procs", O_WRONLY))
        }
        if let set = resources.processorSet, let file = try tree.lendProcessors(set, to: id) {
            procs.append(file)
        }
        self.procs = procs
        directory = try tree.unified.map { try Descriptor.open("\($0)/\(id)", O_DIRECTORY | MARTLET_O_PATH) }
        try apply(resources)
        try restrictDevices(to: devices)
    }

    /// The folders of a container that runs, to start one more process in.
    public init(existing id: String, in tree: CgroupTree) throws {
        self.tree = tree
        self.id = id
        let lent = tree.processors.flatMap { access("\($0)/\(id)", F_OK) == 0 ? $0 : nil }
        procs = try (Set(tree.legacy.values).sorted() + (lent.map { [$0] } ?? [])).map {
            try Descriptor.open("\($0)/\(id)/cgroup.procs", O_WRONLY)
        }
        directory = try tree.unified.map { try Descriptor.open("\($0)/\(id)", O_DIRECTORY | MARTLET_O_PATH) }
    }

    /// Sets limits, live.
    public func apply(_ resources: Resources) throws {
        if let memory = resources.memory {
            try set("memory", "memory.max", "memory.limit_in_bytes", "\(memory)")
        }
        if let low = resources.memoryReservation {
            try set("memory", "memory.low", "memory.soft_limit_in_bytes", "\(low)")
        }
        if let processes = resources.processes { try set("pids", "pids.max", "pids.max", "\(processes)") }
        if let processors = resources.processors {
            let period = resources.period
            let quota = Int((processors * Double(period)).rounded(.down))
            if let folder = tree.legacy["cpu"] {
                try Self.write("\(period)", to: "\(folder)/\(id)/cpu.cfs_period_us")
            }
            try set("cpu", "cpu.max", "cpu.cfs_quota_us", "\(quota) \(period)", legacyValue: "\(quota)")
        }
        if let processors = resources.processorSet {
            if let folder = tree.processors {
                try Self.write(processors, to: "\(folder)/\(id)/cpuset.cpus")
            } else {
                try set("cpuset", "cpuset.cpus", "cpuset.cpus", processors)
            }
        }
        if let weight = resources.processorWeight {
            try set(
                "cpu",
                "cpu.weight",
                "cpu.shares",
                "\(weight)",
                legacyValue: "\(max(2, weight * 1024 / 100))"
            )
        }
    }

    private func set(
        _ controller: String,
        _ file: String,
        _ legacyFile: String,
        _ value: String,
        legacyValue: String? = nil
    ) throws {
        if let folder = tree.legacy[controller] {
            try Self.write(legacyValue ?? value, to: "\(folder)/\(id)/\(legacyFile)")
        } else if let unified = tree.unified, access("\(unified)/\(id)/\(file)", F_OK) == 0 {
            try Self.write(value, to: "\(unified)/\(id)/\(file)")
        } else {
            throw ContainerError(
                step: "cgroup",
                id,
                cause: .unsupported("this host has no \(controller) controller for \(file): remove the limit")
            )
        }
    }

    /// The usual devices and no other: version 1 by its files, version 2 by a program.
    private func restrictDevices(to devices: [DeviceNode]) throws {
        let any = Int32(-1)
        let rules: [(type: Character, major: Int32, minor: Int32, access: Int32)] =
            [
                ("c", any, any, 1), ("b", any, any, 1), ("c", 1, 3, 7), ("c", 1, 5, 7), ("c", 1, 7, 7),
                ("c", 1, 8, 7),
                ("c", 1, 9, 7), ("c", 5, 0, 7), ("c", 5, 2, 7), ("c", 136, any, 7),
            ]
            + devices.map { device in
                let access =
                    (device.permissions.contains("m") ? 1 : 0) | (device.permissions.contains("r") ? 2 : 0)
                return (
                    device.isBlock ? "b" : "c", Int32(device.number.major), Int32(device.number.minor),
                    Int32(access | (device.permissions.contains("w") ? 4 : 0))
                )
            }
        if let folder = tree.legacy["devices"] {
            try Self.write("a", to: "\(folder)/\(id)/devices.deny")
            for rule in rules {
                let number = [rule.major, rule.minor].map { $0 == any ? "*" : "\($0)" }.joined(separator: ":")
                let letters = [(2, "r"), (4, "w"), (1, "m")].filter { rule.access & $0.0 != 0 }.map(\.1)
                    .joined()
                try Self.write("\(rule.type) \(number) \(letters)", to: "\(folder)/\(id)/devices.allow")
            }
        } else if let unified = tree.unified {
            let folder = try Descriptor.open("\(unified)/\(id)", O_DIRECTORY)
            let packed = rules.map {
                martlet_device_rule(
                    type: $0.type == "b" ? 1 : 2,
                    access: $0.access,
                    major: $0.major,
                    minor: $0.minor
                )
            }
            try check("bpf", "devices of \(id)", martlet_allow_devices(folder.number, packed, packed.count))
        }
    }

    /// Kills every process in it at once where the kernel can (version 2), else leaves that to the pid
    /// namespace, whose end takes all of its processes along.
    public func kill() throws {
        guard let unified = tree.unified else { return }
        try Self.write("1", to: "\(unified)/\(id)/cgroup.kill")
    }

    /// Whether the kernel ended a process of it for want of memory.
    public func outOfMemoryKills() throws -> UInt64 {
        let file: String
        if let folder = tree.legacy["memory"] {
            file = "\(folder)/\(id)/memory.oom_control"
        } else if let unified = tree.unified {
            file = "\(unified)/\(id)/memory.events"
        } else {
            return 0
        }
        let text = try String(decoding: Descriptor.open(file, O_RDONLY).readAll(limit: 65_536), as: UTF8.self)
        for line in text.split(separator: "\n") where line.hasPrefix("oom_kill ") {
            return UInt64(line.dropFirst(9)) ?? 0
        }
        return 0
    }

    /// Removes the container's folders, which must hold no process any more.
    public func remove() throws { try Self.remove(id, in: tree) }

    /// Removes the folders of a container known by its id alone, after killing what is still in them where
    /// the kernel can do that at once (version 2).
    public static func remove(_ id: String, in tree: CgroupTree, killing: Bool = false) throws {
        try ContainerSpec.check(id: id)
        if killing, let unified = tree.unified, access("\(unified)/\(id)/cgroup.kill", F_OK) == 0 {
            try write("1", to: "\(unified)/\(id)/cgroup.kill")
        }
        for folder in tree.allFolders { try removeFolder("\(folder)/\(id)") }
    }

    static func removeFolder(_ folder: String) throws {
        // A process that has been reaped may still be leaving its groups.
        // That is over in microseconds as a rule, so the pauses grow from there: a second in all.
        for attempt in 0... {
            if rmdir(folder) == 0 { return }
            let cause = errno
            if cause == ENOENT { return }
            guard cause == EBUSY, attempt < 200 else {
                throw ContainerError(step: "cgroup", "remove \(folder)", cause: .errno(cause))
            }
            usleep(min(5_000, 50 << UInt32(min(attempt, 7))))
        }
    }

    static func write(_ value: String, to file: String) throws {
        do throws(LinuxError) {
            try Descriptor.open(file, O_WRONLY).write(Array(value.utf8))
        } catch {
            throw ContainerError(step: "cgroup", "write \(value) to \(file)", cause: .errno(error.errno))
        }
    }
}
