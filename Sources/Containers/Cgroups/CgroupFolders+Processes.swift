// SPDX-License-Identifier: Apache-2.0
internal import Glibc
internal import Linux

extension CgroupFolders {
    /// The folders where all processes of the group can be found, the best first.
    ///
    /// A process is in one group of every hierarchy, so one hierarchy tells all. The freezer's is the one that no
    /// container is given; another serves where that is not mounted.
    private var listing: String? {
        for controller in ["freezer", "devices", "memory", "pids", "cpu"] {
            if let folder = legacy(controller) { return folder }
        }
        return unified ?? all().first
    }

    /// The processes of the group and of all below it, by their pids as this process sees them.
    func processes() throws -> [Int32] {
        guard let folder = listing else { return [] }
        var found: [Int32] = []
        try Self.walk(folder) { found += Self.processes(of: $0) }
        return found
    }

    /// The processes of one group; the kernel lists those of a threaded group at the one above.
    static func processes(of group: Descriptor) -> [Int32] {
        guard
            let bytes = try? Descriptor.open("cgroup.procs", O_RDONLY, at: group.number)
                .readAll(limit: 64 << 20)
        else { return [] }
        // 0 is a process that cannot be seen from our pid namespace.
        return String(decoding: bytes, as: UTF8.self).split(separator: "\n").compactMap { Int32($0) }
            .filter { $0 > 0 }
    }

    /// Sends a signal to every process of the group and of all below it.
    ///
    /// `SIGKILL` leaves nobody: version 2 does it at once, for version 1 the group is frozen first, so that it
    /// cannot fork away. A pid is looked up again after its pidfd was opened, so that its reuse misleads nobody.
    func kill(_ signal: Int32) throws {
        if signal == SIGKILL, let unified, access("\(unified)/cgroup.kill", F_OK) == 0 {
            try Self.write("1", to: "\(unified)/cgroup.kill")
            // Beside version 1 a process may have been moved out of the version 2 group, or be frozen there.
            if mounts.legacy.isEmpty { return }
            if try isFrozen() { try thaw() }
            var reached: Set<Int32> = []
            try Self.walk(unified) { reached.formUnion(Self.processes(of: $0)) }
            if try processes().allSatisfy(reached.contains) { return }
        }
        if try processes().isEmpty { return }
        let wasFrozen = try isFrozen()
        if !wasFrozen { try? freeze(within: .milliseconds(500)) }
        defer { if !wasFrozen || signal == SIGKILL { try? thaw() } }
        var reached: Set<Int32> = []
        for _ in 0..<100 {
            let opened = try processes().filter { !reached.contains($0) }.compactMap { pid in
                (try? Descriptor.process(pid)).map { (pid, $0) }
            }
            if opened.isEmpty { return }
            let members = Set(try processes())
            for (pid, process) in opened where members.contains(pid) {
                process.kill(signal)
                reached.insert(pid)
            }
            // Others than SIGKILL are told once to those that were there.
            if signal != SIGKILL { return }
        }
    }
}
