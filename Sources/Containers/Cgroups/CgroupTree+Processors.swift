// SPDX-License-Identifier: Apache-2.0
internal import Glibc
internal import Linux

extension CgroupTree {
    /// Makes a container's version 1 `cpuset` folder; its `cgroup.procs`, or nil where version 2 has the controller.
    func lendProcessors(_ set: String, to id: String) throws -> Descriptor? {
        guard let folder = processors else { return nil }
        let parent = String(folder[..<(folder.lastIndex(of: "/") ?? folder.startIndex)])
        for (above, group) in [(parent, folder), (folder, "\(folder)/\(id)")] {
            if mkdir(group, 0o755) < 0 {
                let cause = errno
                guard cause == EEXIST else {
                    throw ContainerError(step: "cgroup", group, cause: .errno(cause))
                }
            }
            // cgroup-v1/cpusets.rst: a new group has no processors and no memory, and takes no process so.
            for file in ["cpuset.cpus", "cpuset.mems"] {
                let bytes = try Descriptor.open("\(above)/\(file)", O_RDONLY).readAll(limit: 65_536)
                let value = String(decoding: bytes, as: UTF8.self).prefix { !$0.isWhitespace }
                try Cgroup.write(String(value), to: "\(group)/\(file)")
            }
        }
        return try Descriptor.open("\(folder)/\(id)/cgroup.procs", O_WRONLY)
    }
}
