// SPDX-License-Identifier: Apache-2.0
internal import Containers
internal import Glibc
internal import Linux
internal import TestKit

/// Control groups of version 2 with every controller, which only a machine of its own has.
extension LaunchProbe {
    static func groups() throws {
        let mounts = try CgroupMounts.find()
        try expect("version 2 alone is mounted", mounts.layout == .unified, "\(mounts.layout)")
        let probe = GroupProbe(mounts: mounts, parent: try CgroupPath("/martlet-probe.slice/x.scope"))
        do {
            try probe.controllers()
            try probe.limits()
            try probe.refusals()
            try probe.devices()
            try probe.signals()
            try probe.events()
            try probe.statistics()
        } catch {
            probe.end()
            throw error
        }
        probe.end()
        let left = try Shell.run("ls -d /sys/fs/cgroup/martlet-probe.slice 2>/dev/null; true")
        try expect("no group is left", left.isEmpty, left)
    }
}

/// Groups below one of its own.
struct GroupProbe {
    let mounts: CgroupMounts
    let parent: CgroupPath

    func expect(_ what: String, _ holds: Bool, _ seen: @autoclosure () -> String) throws {
        try LaunchProbe.expect(what, holds, seen())
    }

    func end() {
        guard let top = parent.parent else { return }
        do { try Cgroup.remove(top, in: mounts, killing: true) } catch { print("failed: \(error)") }
    }

    func make(_ name: String, _ set: (inout Resources) -> Void = { _ in }) throws -> Cgroup {
        var resources = Resources()
        set(&resources)
        return try Cgroup(parent.appending(name), in: mounts, resources: resources)
    }

    func folder(_ group: Cgroup) -> String { group.paths[""] ?? "" }

    func start(_ command: String, in group: Cgroup) throws {
        let before = try group.processes().count
        let enter = "echo 0 >\(folder(group))/cgroup.procs"
        try Shell.run("(\(enter) && \(command)) >/dev/null 2>&1 </dev/null &")
        try wait("\(command) is in its group") { try group.processes().count > before }
    }

    func run(_ command: String, in group: Cgroup) throws -> String {
        try Shell.run("echo 0 >\(folder(group))/cgroup.procs && { \(command); } 2>&1; true")
    }

    func wait(_ what: String, _ holds: () throws -> Bool) throws {
        for _ in 0..<3000 {
            if try holds() { return }
            usleep(20_000)
        }
        throw Shell.Failure(description: "not within a minute: \(what)")
    }

    func file(_ name: String, _ group: Cgroup) throws -> String {
        try Shell.run("cat \(folder(group))/\(name)").split(whereSeparator: \.isNewline).joined(
            separator: "\n"
        )
    }

    /// The error of what must fail.
    func failure(_ body: () throws -> Void) -> String {
        do { try body() } catch { return "\(error)" }
        return "no error"
    }
}
