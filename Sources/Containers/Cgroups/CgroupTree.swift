// SPDX-License-Identifier: Apache-2.0
internal import CLinux
internal import Glibc
internal import Linux

/// Where this host's control groups are: version 2 alone, version 1 alone, or both (hybrid), and the folder
/// in each hierarchy below which one agent keeps its containers.
public struct CgroupTree: Sendable {
    /// The version 2 folder, absolute; nil on a pure version 1 host.
    let unified: String?
    /// Version 1 folders by controller: `memory`, `cpu`, `pids`, `devices`, `freezer`, `blkio`, `cpuacct`.
    let legacy: [String: String]

    /// The version 1 folder of `cpuset`, made for the first container that wants processors of its own: a group
    /// there takes no process before it has been given some.
    let processors: String?

    private static let controllers: Set = ["memory", "cpu", "cpuacct", "pids", "devices", "freezer", "blkio"]

    /// Finds the mounted hierarchies; `name` is the folder's name in each, made by `create`.
    ///
    /// Throws when no hierarchy is mounted or mountinfo cannot be read.
    public static func find(name: String) throws -> CgroupTree {
        let text = try Descriptor.open("/proc/self/mountinfo", O_RDONLY).readAll(limit: 4 << 20)
        return try CgroupTree(mountInfo: String(decoding: text, as: UTF8.self), name: name)
    }

    init(mountInfo: String, name: String) throws {
        var unified: String?
        var legacy: [String: String] = [:]
        var processors: String?
        for line in mountInfo.split(separator: "\n") {
            // proc(5): ... mount point is field 5; after " - " come type, source, super options.
            let halves = line.split(separator: " - ", maxSplits: 1).map { $0.split(separator: " ") }
            guard halves.count == 2, halves[0].count >= 5, halves[1].count >= 3 else { continue }
            let folder = "\(halves[0][4])/\(name)"
            switch halves[1][0] {
            case "cgroup2": unified = unified ?? folder
            case "cgroup":
                for option in halves[1][2].split(separator: ",")
                where Self.controllers.contains(String(option)) {
                    legacy[String(option)] = legacy[String(option)] ?? folder
                }
                if halves[1][2].split(separator: ",").contains("cpuset") { processors = processors ?? folder }
            default: break
            }
        }
        guard unified != nil || !legacy.isEmpty else {
            throw ContainerError(
                step: "cgroup",
                name,
                cause: .unsupported("no control group file system is mounted")
            )
        }
        self.unified = unified
        self.legacy = legacy
        self.processors = processors.flatMap { Set(legacy.values).contains($0) ? nil : $0 }
    }

    /// Every folder once: some version 1 controllers share a hierarchy.
    var folders: [String] { Array(Set(legacy.values)).sorted() + (unified.map { [$0] } ?? []) }

    /// The same with the one that is not always made.
    var allFolders: [String] { folders + (processors.map { [$0] } ?? []) }

    /// Makes the agent's folder in each hierarchy and hands the version 2 controllers down to it.
    public func create() throws {
        for folder in folders where mkdir(folder, 0o755) < 0 {
            let cause = errno
            guard cause == EEXIST else { throw ContainerError(step: "cgroup", folder, cause: .errno(cause)) }
        }
        guard let unified else { return }
        let parent = String(unified[..<(unified.lastIndex(of: "/") ?? unified.startIndex)])
        for folder in [parent, unified] {
            let offered = try String(
                decoding: Descriptor.open("\(folder)/cgroup.controllers", O_RDONLY).readAll(limit: 4096),
                as: UTF8.self
            )
            for controller in offered.split(whereSeparator: \.isWhitespace)
            where Self.delegated.contains(String(controller)) {
                try Cgroup.write("+\(controller)", to: "\(folder)/cgroup.subtree_control")
            }
        }
    }

    private static let delegated: Set = ["cpu", "cpuset", "io", "memory", "pids"]

    /// Removes the agent's folder where it is empty; a container still in it is left alone.
    public func remove() throws {
        for folder in allFolders { try Cgroup.removeFolder(folder) }
    }

    /// The ids of the containers that have a folder in any hierarchy.
    public func containers() throws -> Set<String> {
        var found: Set<String> = []
        for folder in allFolders {
            guard let directory = opendir(folder) else { continue }
            defer { closedir(directory) }
            while let entry = readdir(directory) {
                guard entry.pointee.d_type == UInt8(DT_DIR) else { continue }
                let name = withUnsafePointer(to: &entry.pointee.d_name) {
                    $0.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
                }
                if !name.hasPrefix(".") && name != "_keeper" { found.insert(name) }
            }
        }
        return found
    }
}
