// SPDX-License-Identifier: Apache-2.0
internal import Containers
internal import Glibc
internal import Linux
internal import TestKit

extension LaunchProbe {
    /// A scope of systemd's from start to end, in a slice in a slice.
    static func scope() throws {
        let mounts = try CgroupMounts.find()
        let scope = try SystemdScope("martlet-probe.slice:martlet:web-1")
        // Left by a run before, perhaps.
        try scope.stop()
        var resources = Resources(memory: 64 << 20, processes: 55)
        resources.cpu.shares = 1024
        do {
            var holder: SystemdScope.Holder? = try SystemdScope.Holder()
            let first = holder.map { [$0.pid] } ?? []
            try scope.start(first, description: "probe", resources: resources, in: mounts)
            let limited = try mounts.controllers().contains("memory")
            let group = try Cgroup(scope.path, in: mounts, resources: limited ? resources : Resources())
            try expect(
                "a scope is where its name says, with its first process",
                try group.processes() == first,
                ""
            )
            let folder = group.paths[""] ?? ""
            try Shell.run("(echo 0 >\(folder)/cgroup.procs && exec sleep 1000) >/dev/null 2>&1 </dev/null &")
            for _ in 0..<500 where try group.processes().count < 2 { usleep(10_000) }
            holder = nil
            try show(scope, "a scope has its limits", ["MemoryMax=67108864", "TasksMax=55", "Delegate=yes"])
            var more = Resources(memory: 128 << 20, processes: 66)
            more.cpu.cpus = "0"
            try scope.update(more, in: mounts)
            if limited { try group.apply(more) }
            try show(
                scope,
                "a scope's limits change live",
                ["MemoryMax=134217728", "TasksMax=66", "AllowedCPUs=0"]
            )
            try Shell.run("systemctl daemon-reload")
            if limited {
                let seen = try Shell.run("cat \(folder)/memory.max \(folder)/pids.max")
                try expect("they outlive a reload of systemd", seen == "134217728\n66\n", seen)
            }
            let again = failure {
                try scope.start([getpid()], description: "x", resources: Resources(), in: mounts)
            }
            try expect("a scope that is there is not made twice", again.contains("already"), again)
            try scope.stop()
            try Cgroup.remove(scope.path, in: mounts, killing: true)
            let left = try Shell.run(
                "ls -d \(folder) 2>/dev/null; systemctl list-units --all --plain --no-legend 'martlet-web*'; true"
            )
            try expect("a stopped scope leaves nothing", left.isEmpty, left)
        } catch {
            try? scope.stop()
            throw error
        }
    }

    private static func show(_ scope: SystemdScope, _ what: String, _ wanted: [String]) throws {
        let names = wanted.map { "-p \($0.prefix { $0 != "=" })" }.joined(separator: " ")
        let seen = try Shell.run("systemctl show \(names) \(scope.unit)").split(separator: "\n").map(
            String.init
        )
        try expect(what, seen.sorted() == wanted.sorted(), "\(seen)")
    }

    private static func failure(_ body: () throws -> Void) -> String {
        do { try body() } catch { return "\(error)" }
        return "no error"
    }
}
