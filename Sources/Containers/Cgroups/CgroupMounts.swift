// SPDX-License-Identifier: Apache-2.0
internal import Glibc
internal import Linux

/// Where this host's control groups are mounted: version 2 alone, version 1 alone, or both (hybrid).
public struct CgroupMounts: Sendable, Equatable {
    /// Who holds the controllers.
    public enum Layout: Sendable {
        /// Version 2 alone.
        case unified
        /// Version 1 alone.
        case legacy
        /// Version 1 holds controllers, beside a version 2 tree.
        case hybrid
    }

    /// A mounted hierarchy.
    struct Mount: Sendable, Hashable {
        /// Where it is mounted.
        let point: String
        /// The group that is seen there: `/` but in a container.
        let root: String
    }

    /// The version 2 hierarchy; nil on a pure version 1 host.
    let unified: Mount?
    /// Version 1 hierarchies by controller, `name=systemd` among them.
    let legacy: [String: Mount]

    private static let controllers: Set = [
        "blkio", "cpu", "cpuacct", "cpuset", "devices", "freezer", "hugetlb", "memory", "misc", "net_cls",
        "net_prio", "perf_event", "pids", "rdma", "name=systemd",
    ]

    /// Finds them.
    ///
    /// Throws when no hierarchy is mounted or mountinfo cannot be read.
    public static func find() throws -> CgroupMounts {
        let text = try Descriptor.open("/proc/self/mountinfo", O_RDONLY).readAll(limit: 16 << 20)
        return try CgroupMounts(mountInfo: String(decoding: text, as: UTF8.self))
    }

    init(mountInfo: String) throws(ContainerError) {
        var unified: Mount?
        var legacy: [String: Mount] = [:]
        for line in mountInfo.split(separator: "\n") where line.contains(" - cgroup") {
            // proc(5): ... root and mount point are fields 4 and 5; after " - " come type, source, super options.
            let fields = line.split(separator: " ")
            guard let dash = fields.firstIndex(of: "-"), dash >= 6, fields.count >= dash + 4 else { continue }
            let mount = Mount(point: String(fields[4]), root: String(fields[3]))
            switch fields[dash + 1] {
            case "cgroup2": unified = Self.better(unified, mount)
            case "cgroup":
                for option in fields[dash + 3].split(separator: ",").map(String.init)
                where Self.controllers.contains(option) {
                    legacy[option] = Self.better(legacy[option], mount)
                }
            default: break
            }
        }
        guard unified != nil || !legacy.isEmpty else {
            throw ContainerError(
                step: "cgroup",
                "/proc/self/mountinfo",
                cause: .unsupported("no control group file system is mounted: mount one at /sys/fs/cgroup")
            )
        }
        self.init(unified: unified, legacy: legacy)
    }

    init(unified: Mount?, legacy: [String: Mount]) {
        self.unified = unified
        self.legacy = legacy
    }

    /// The first is the host's own, but for one that lies where a root of a container is.
    private static func better(_ found: Mount?, _ other: Mount) -> Mount {
        guard let found, found.point.hasPrefix("/sys/fs/cgroup") || !other.point.hasPrefix("/sys/fs/cgroup")
        else { return other }
        return found
    }

    /// Whether version 2 is where it is on a host that has it alone.
    public static var isUnified: Bool { access("/sys/fs/cgroup/cgroup.controllers", F_OK) == 0 }

    /// Who holds the controllers.
    public var layout: Layout {
        if legacy.keys.allSatisfy({ $0.hasPrefix("name=") }) { return unified == nil ? .legacy : .unified }
        return unified == nil ? .legacy : .hybrid
    }

    /// The controllers that can be used here, by the name that their version gives them.
    public func controllers() throws -> Set<String> {
        var found = Set(legacy.keys.filter { !$0.hasPrefix("name=") })
        if let unified {
            let bytes = try Descriptor.open("\(unified.point)/cgroup.controllers", O_RDONLY)
                .readAll(limit: 4096)
            for word in String(decoding: bytes, as: UTF8.self).split(whereSeparator: \.isWhitespace) {
                found.insert(String(word))
            }
        }
        return found
    }
}
