// SPDX-License-Identifier: Apache-2.0
internal import CLinux
internal import Glibc
internal import Linux

/// The control groups of one container: a folder of its own in each hierarchy.
public struct Cgroup: Sendable {
    let folders: CgroupFolders
    /// Whether no folder of it was there before this was made; one that takes over others' should look who is in it.
    public let isNew: Bool
    /// The version 2 folder, for clone3(2).
    let directory: Descriptor?
    /// The version 1 `tasks` files, open for writing.
    let tasks: [Descriptor]

    /// Makes a group at any path, with what is missing above it, or takes over one that is there, and sets its
    /// limits.
    ///
    /// It is in every hierarchy, and version 2 controllers are handed down to it as far as the groups above allow.
    /// A limit that this host's controllers cannot hold is an error that names it; nothing new is left then but
    /// groups above.
    public init(_ path: CgroupPath, in mounts: CgroupMounts, resources: Resources) throws {
        try self.init(making: CgroupFolders(mounts: mounts, path: path), in: nil, resources: resources)
    }

    /// Makes the container's folders, or takes over those that a crash left, and sets its limits.
    ///
    /// A limit that this host's controllers cannot hold is an error that names it.
    public init(
        _ id: String,
        in tree: CgroupTree,
        resources: Resources,
        devices: [DeviceNode] = []
    ) throws {
        var resources = resources
        resources.devices = (resources.devices ?? []) + DeviceRule.standard + devices.map(DeviceRule.init)
        try self.init(
            making: tree.folders(of: id),
            in: CgroupTree.controllers.union(resources.rareControllers),
            resources: resources
        )
    }

    /// Version 1 `controllers` are all for nil.
    private init(making folders: CgroupFolders, in controllers: Set<String>?, resources: Resources) throws {
        let made = try folders.make(controllers)
        do {
            // A tree has handed its controllers down once for all. Beside version 1 nobody needs what version 2 has,
            // until a limit asks for it.
            if controllers == nil, folders.mounts.layout == .unified { folders.handDownMissing() }
            try folders.apply(resources)
            self.folders = folders
            isNew = made.count == folders.all(controllers).count
            (directory, tasks) = try folders.open(controllers)
        } catch {
            for folder in made { try? CgroupFolders.removeFolder(folder) }
            throw error
        }
    }

    /// The folders of a container that runs, to start one more process in.
    ///
    /// `process` as in `init(_:existingIn:beside:)`.
    public init(existing id: String, in tree: CgroupTree, beside process: Int32? = nil) throws {
        try self.init(existing: tree.folders(of: id), beside: process)
    }

    /// The group that is at a path, to start one more process in, to look at and to change.
    ///
    /// `process` is one of the container: where the container has moved it to a version 2 group below (none can take
    /// processes that hands controllers down), what is started goes there too.
    public init(_ path: CgroupPath, existingIn mounts: CgroupMounts, beside process: Int32? = nil) throws {
        try self.init(existing: CgroupFolders(mounts: mounts, path: path), beside: process)
    }

    private init(existing folders: CgroupFolders, beside process: Int32? = nil) throws {
        self.folders = folders
        isNew = false
        // The usual must be there, or a process would run outside of its limits; others where they were made.
        let present = folders.mounts.legacy.keys.filter {
            CgroupTree.controllers.contains($0) || folders.legacy($0).map { access($0, F_OK) == 0 } ?? false
        }
        (directory, tasks) = try folders.open(Set(present), beside: process)
    }

    /// The processes of the group at a path and of all below it; none if it is not there.
    static func processes(at path: CgroupPath, in mounts: CgroupMounts) throws -> [Int32] {
        try CgroupFolders(mounts: mounts, path: path).processes()
    }

    /// Where it lies below each mount point.
    public var path: CgroupPath { folders.path }

    /// Its absolute folders by version 1 controller, version 2 by the empty name; some share one.
    public var paths: [String: String] {
        var paths: [String: String] = [:]
        for controller in folders.mounts.legacy.keys {
            paths[controller] = folders.legacy(controller).flatMap { access($0, F_OK) == 0 ? $0 : nil }
        }
        paths[""] = folders.unified
        return paths
    }

    /// Sets limits, live.
    ///
    /// What is nil stays as it is. Where few containers have a group, it is made now and takes in what runs.
    public func apply(_ resources: Resources) throws {
        try folders.join(resources.rareControllers)
        try folders.apply(resources)
    }

    /// Removes the group with all below it; it must hold no process any more.
    public func remove() throws { try folders.remove() }

    /// Removes the group at a path, of which perhaps only parts are left, with all groups below it; the ones above
    /// stay.
    public static func remove(_ path: CgroupPath, in mounts: CgroupMounts, killing: Bool = false) throws {
        try remove(CgroupFolders(mounts: mounts, path: path), killing)
    }

    /// Removes the folders of a container known by its id alone, after killing what is still in them.
    public static func remove(_ id: String, in tree: CgroupTree, killing: Bool = false) throws {
        try remove(tree.folders(of: id), killing)
    }

    private static func remove(_ folders: CgroupFolders, _ killing: Bool) throws {
        if killing { try folders.kill(SIGKILL) }
        try folders.remove()
    }
}
