// SPDX-License-Identifier: Apache-2.0
internal import Glibc

extension Cgroup {
    /// Gives the group to a user of the host, who may make groups below it then, and move processes between those.
    ///
    /// What becomes the user's is the folder and the files that the kernel names safe for that, which no limit is
    /// among; groups below are limited in number. Only version 2 can do it.
    public func delegate(to owner: (uid: UInt32, gid: UInt32)) throws(ContainerError) {
        guard let folder = folders.unified else {
            throw ContainerError(
                step: "delegate",
                path.name,
                cause: .unsupported("control groups of version 2 are not mounted: mount them")
            )
        }
        let named = CgroupFolders.words("/sys/kernel/cgroup/delegate")
        let files = named.isEmpty ? ["cgroup.procs", "cgroup.subtree_control", "cgroup.threads"] : named
        for file in [folder] + files.sorted().map({ "\(folder)/\($0)" }) {
            // Files of controllers that were not handed down are not there.
            guard lchown(file, owner.uid, owner.gid) < 0, errno != ENOENT else { continue }
            throw ContainerError(step: "delegate", "chown \(file)", cause: .errno(errno))
        }
        // They are memory of the kernel, not all of which counts as the container's.
        let bound = "\(folder)/cgroup.max.descendants"
        if CgroupFolders.words(bound) == ["max"] { try CgroupFolders.write("\(Self.most)", to: bound) }
    }

    /// A busy system has some hundred.
    private static let most = 4096
}

extension CgroupMounts {
    /// Whether a container's limits stay out of its reach when it may write to its groups and has this user of the
    /// host as root.
    ///
    /// The files of the limits are the host's root's. If that is the container's root as well, the kernel must
    /// keep them.
    public func guardsLimits(from root: UInt32) -> Bool {
        root != 0 || unified?.guardsRoots == true
    }
}
