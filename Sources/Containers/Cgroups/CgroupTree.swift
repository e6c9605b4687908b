// SPDX-License-Identifier: Apache-2.0
internal import Glibc
internal import Linux

/// The folder in each hierarchy below which one agent keeps its containers.
public struct CgroupTree: Sendable {
    /// The folder itself.
    let folders: CgroupFolders
    /// Which containers have theirs in scopes of systemd's instead.
    let scopes = ScopeTable()

    /// The version 1 controllers in which every container has a folder.
    static let controllers: Set = ["memory", "cpu", "cpuacct", "pids", "devices", "freezer", "blkio"]

    /// The groups of the keeper, and of programs that outlive the agent: no containers.
    static let reserved: Set = ["_keeper", servants]
    private static let servants = "_lazy"

    /// Finds the mounted hierarchies; `name` is the folder's name in each, made by `create`.
    ///
    /// Throws when no hierarchy is mounted or mountinfo cannot be read.
    public static func find(name: String) throws -> CgroupTree {
        CgroupTree(folders: CgroupFolders(mounts: try .find(), path: try CgroupPath(name)))
    }

    /// Where a container's group is.
    func folders(of id: String) throws -> CgroupFolders {
        try ContainerSpec.check(id: id)
        if let scope = scopes[id] {
            return CgroupFolders(mounts: folders.mounts, path: try scope.path.appending(Self.inScope))
        }
        return CgroupFolders(mounts: folders.mounts, path: try folders.path.appending(id))
    }

    /// Whether the kernel holds `memory.high`: version 2 does, version 1 has no such thing.
    public var holdsMemoryHigh: Bool { folders.legacy("memory") == nil }

    /// Whether the kernel weighs the block devices of groups: with the scheduler BFQ, and in version 2 with a cost
    /// model.
    public var weighsBlockDevices: Bool {
        guard let folder = folders.folder("blkio") else { return false }
        let files =
            folders.legacy("blkio") == nil
            ? ["io.bfq.weight", "io.weight"] : ["blkio.bfq.weight", "blkio.weight"]
        return files.contains { access("\(folder)/\($0)", F_OK) == 0 }
    }

    /// Makes the agent's folder in each hierarchy and hands the version 2 controllers down to it.
    public func create() throws {
        _ = try folders.make(Self.controllers)
        guard let unified = folders.unified else { return }
        // To the groups below the folder, not only to itself.
        let below = CgroupFolders(mounts: folders.mounts, path: try folders.path.appending("_"))
        let refused = below.handDown(Self.delegated)
        if let (controller, refusal) = refused.min(by: { $0.key < $1.key }) {
            throw ContainerError(
                step: "cgroup",
                "write +\(controller) to \(refusal.file) for \(unified)",
                cause: .errno(refusal.errno)
            )
        }
    }

    static let delegated: Set = ["cpu", "cpuset", "io", "memory", "pids"]

    /// Makes the version 2 group of programs that outlive the agent; nil where there is no such hierarchy.
    public func makeServants() throws -> String? {
        guard let unified = folders.unified else { return nil }
        let folder = "\(unified)/\(Self.servants)"
        guard mkdir(folder, 0o755) < 0 else { return folder }
        let cause = errno
        guard cause == EEXIST else {
            throw ContainerError(step: "cgroup", "make \(folder)", cause: .errno(cause))
        }
        return folder
    }

    /// Removes the agent's folder where it is empty; a container still in it is left alone.
    public func remove() throws {
        // One that has a program in it is as good as a container.
        if let unified = folders.unified { _ = rmdir("\(unified)/\(Self.servants)") }
        for folder in folders.all() { try CgroupFolders.removeFolder(folder, withBelow: false) }
    }

    /// The ids of the containers that have a folder in any hierarchy.
    public func containers() throws -> Set<String> {
        var found: Set<String> = []
        for folder in folders.all() {
            guard let directory = try? Descriptor.open(folder, O_RDONLY | O_DIRECTORY) else { continue }
            for name in CgroupFolders.subfolders(of: directory).map(\.description)
            where !name.hasPrefix(".") && !Self.reserved.contains(name) {
                found.insert(name)
            }
        }
        return found
    }
}
