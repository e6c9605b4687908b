// SPDX-License-Identifier: Apache-2.0
internal import CLinux
internal import Glibc
internal import Linux

extension CgroupFolders {
    /// What a process enters the group by: the version 2 folder, and for each version 1 hierarchy the file in which a
    /// thread writes that it comes itself.
    func open(
        _ controllers: Set<String>?,
        beside process: Int32? = nil
    ) throws -> (directory: Descriptor?, tasks: [Descriptor]) {
        let legacy = all(controllers).filter { $0 != unified }
        let directory = try unified.map {
            let folder = process.flatMap(group(of:)) ?? $0
            return try Descriptor.open(folder, O_DIRECTORY | MARTLET_O_PATH)
        }
        return (directory, try legacy.map { try Descriptor.open("\($0)/tasks", O_WRONLY) })
    }

    /// The version 2 folder that a process is in, if that is below the group's.
    private func group(of process: Int32) -> String? {
        guard let mount = mounts.unified, let unified, let lines = Self.text("/proc/\(process)/cgroup"),
            let line = lines.split(separator: "\n").first(where: { $0.hasPrefix("0::/") })
        else { return nil }
        // cgroups(7): the path as seen from our cgroup namespace, which is what the mount shows but in a container.
        let place = mount.root == "/" ? line.dropFirst(3) : line.dropFirst(3 + mount.root.utf8.count)
        let folder = "\(mount.point)\(place)"
        guard folder.hasPrefix("\(unified)/"), !folder.split(separator: "/").contains("..") else {
            return nil
        }
        return folder
    }

    /// How often the kernel ended a process of it for want of memory.
    var outOfMemoryKills: UInt64 {
        let file =
            legacy("memory").map { "\($0)/memory.oom_control" } ?? unified.map { "\($0)/memory.events" }
        return file.flatMap { Self.fields($0)["oom_kill"] } ?? 0
    }

    /// The lines `NAME NUMBER` of a file.
    static func fields(_ file: String) -> [String: UInt64] {
        var fields: [String: UInt64] = [:]
        for line in (text(file) ?? "").split(separator: "\n") {
            let words = line.split(separator: " ")
            if words.count == 2 { fields[String(words[0])] = UInt64(words[1]) }
        }
        return fields
    }
}
