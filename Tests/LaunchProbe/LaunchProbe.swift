// SPDX-License-Identifier: Apache-2.0
internal import Containers
internal import Glibc
internal import Linux
internal import TestKit

/// Starts containers on the running kernel and looks at them from outside; one `ok` line a finding.
///
/// It is a program of its own so that it can be carried into a machine with another kernel. `groups` and `scope` look
/// at what only such a machine has.
@main
struct LaunchProbe {
    static func main() async {
        do {
            print("kernel \(try Shell.run("uname -r"))", terminator: "")
            switch CommandLine.arguments.dropFirst().first {
            case "groups": return try groups()
            case "scope": return try scope()
            default: break
            }
            let node = try await TestNode()
            let keeper = try await node.keeper()
            do {
                try await layers(node, keeper)
                try await limits(node, keeper)
                try await devices(node, keeper)
            } catch {
                try await node.end()
                throw error
            }
            try await node.end()
            try nothingLeft(node, keeper.pid)
        } catch {
            print("failed: \(error)")
            exit(1)
        }
    }

    static func layers(_ node: TestNode, _ keeper: Keeper) async throws {
        let more = (1..<20).map { "\(node.folder)/layer-\($0)" }
        for (index, layer) in more.enumerated() {
            try Shell.run("mkdir -p \(layer) && touch \(layer)/from-\(index + 1)")
        }
        let all = [node.layer] + more
        let (_, status) = try await node.run(keeper, try node.spec("true", ["/bin/true"], layers: all))
        try expect(
            "/bin/true starts in a user namespace over 20 layers",
            status == 0,
            "status \(status ?? -1)"
        )
        let look = ["sh", "-c", "cat /proc/self/uid_map; ls / | grep -c ^from-; stat -c %u /bin/busybox"]
        let (output, _) = try await node.run(keeper, try node.spec("look", look, layers: all))
        let words = output.split(whereSeparator: \.isWhitespace)
        try expect(
            "it sees every layer, as its own root's",
            words == ["0", "1879048192", "65536", "19", "0"],
            output
        )
    }

    static func limits(_ node: TestNode, _ keeper: Keeper) async throws {
        let spec = try node.spec("limits", ["sleep", "1000"])
        let resources = Resources(memory: 64 << 20, processes: 32)
        let running = try await node.start(keeper, spec, resources: resources)
        let memory = try read(["memory.max", "memory.limit_in_bytes"], of: "limits", node)
        try expect("its memory limit is in force", memory == "\(64 << 20)", memory)
        let processes = try read(["pids.max"], of: "limits", node)
        try expect("its limit of processes is in force", processes == "32", processes)
        kill(running.prepared.pid, SIGKILL)
        let status = try await node.exit(of: "limits", keeper)
        try expect("its end by a signal is told", status == 128 + SIGKILL, "status \(status ?? -1)")
        try await keeper.acknowledge("limits")
        try Cgroup.remove("limits", in: node.tree)
    }

    /// Without a user namespace and with `CAP_MKNOD` nothing but the filter stands between the container and
    /// a device that we, outside of it, can open.
    static func devices(_ node: TestNode, _ keeper: Keeper) async throws {
        let candidates = ["fuse", "net/tun", "loop-control", "nvme0n1", "vda", "sda"].map { "/dev/\($0)" }
        guard let device = candidates.first(where: { (try? Descriptor.open($0, O_RDONLY)) != nil }) else {
            throw Shell.Failure(description: "devices: none of \(candidates) can be opened here")
        }
        let kind = try Shell.run("test -b \(device) && echo b || echo c").trimmed
        let numbers = try Shell.run("stat -Lc '0x%t 0x%T' \(device)").trimmed
        let make = "set -- \(numbers); mknod /dev/other \(kind) $(($1)) $(($2))"
        let command = "\(make) && (: </dev/null) && ! (: </dev/other) 2>&1"
        var spec = try node.spec("devices", ["sh", "-c", command], hostIDs: nil)
        spec.process.capabilities.formUnion([Capability("MKNOD")].compactMap { $0 })
        let (output, status) = try await node.run(keeper, spec)
        try expect(
            "a device that is not allowed cannot be opened",
            status == 0 && output.contains("Operation not permitted"),
            "\(device): status \(status ?? -1): \(output)"
        )
    }

    static func nothingLeft(_ node: TestNode, _ keeper: Int32) throws {
        let name = node.folder.split(separator: "/").last ?? ""
        let found = try Shell.run(
            """
            find /sys/fs/cgroup -name '\(name)'; grep \(name) /proc/self/mountinfo
            ls -d \(node.folder) 2>/dev/null; true
            """
        )
        try expect("no cgroup, mount or folder is left", found.isEmpty, found)
        for _ in 0..<1000 where kill(keeper, 0) == 0 { usleep(10_000) }  // it answers before it ends
        try expect("no process is left", kill(keeper, 0) < 0, "keeper \(keeper)")
    }

    /// The first of these files of a container's cgroups that is there.
    static func read(_ files: [String], of id: String, _ node: TestNode) throws -> String {
        let name = node.folder.split(separator: "/").last ?? ""
        let paths = files.map { "-path '*/\(name)/\(id)/\($0)'" }.joined(separator: " -o ")
        return try Shell.run("cat $(find /sys/fs/cgroup \(paths))").trimmed
    }

    static func expect(_ what: String, _ holds: Bool, _ seen: String) throws {
        guard holds else { throw Shell.Failure(description: "\(what): \(seen)") }
        print("ok \(what)")
    }
}

extension String {
    fileprivate var trimmed: String { split(whereSeparator: \.isWhitespace).joined(separator: " ") }
}
