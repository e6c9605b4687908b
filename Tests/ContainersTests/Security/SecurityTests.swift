// SPDX-License-Identifier: Apache-2.0
internal import Containers
internal import Glibc
internal import Linux
internal import TestKit
internal import Testing

/// Attacks on the container runtime, one suite a threat.
///
/// They run one after another: some compare the host before and after.
@Suite(.serialized) struct SecurityTests {
    /// `MARTLET_SOAK=1` asks for the long form of the races and mutations.
    static let soak = getenv("MARTLET_SOAK").map { String(cString: $0) == "1" } ?? false

    /// First host id of the containers that `TestNode.spec` describes.
    static let hostIDs: UInt32 = 0x7000_0000

    /// A node with a folder `victim` on the host that no test may change.
    ///
    /// Afterwards nothing is left: no mount, no control group, no keeper, and the victim is as it was.
    static func withNode(
        features: KernelFeatures? = nil,
        _ body: (TestNode, Keeper) async throws -> Void
    ) async throws {
        let before = Set(try mounts())
        var folder = "", keeper: Int32 = -1, victim = ""
        try await withTestNode(features: features) { node, connection in
            folder = node.folder
            keeper = connection.pid
            try Shell.run(
                "mkdir -p \(node.victim)/sub && echo secret > \(node.victim)/file && touch \(node.victim)/ptmx"
            )
            victim = try node.victimState()
            try await body(node, connection)
            #expect(try node.victimState() == victim)
        }
        let name = folder.split(separator: "/").last.map(String.init) ?? folder
        // Others on this host may mount too: ours are below our folder or on the root.
        let left = try mounts().filter { line in
            !before.contains(line)
                && (line.contains(name) || line.split(separator: " ").dropFirst(4).first == "/")
        }
        #expect(left == [], "mounts left behind")
        #expect(
            try Shell.run("find /sys/fs/cgroup -maxdepth 2 -name \(name)") == "",
            "control groups left behind"
        )
        for _ in 0..<200 where kill(keeper, 0) == 0 { try await Task.sleep(for: .milliseconds(10)) }
        #expect(kill(keeper, 0) < 0, "the keeper is still there")
    }

    private static func mounts() throws -> [String] {
        try String(
            decoding: Descriptor.open("/proc/self/mountinfo", O_RDONLY).readAll(limit: 4 << 20),
            as: UTF8.self
        )
        .split(separator: "\n").map(String.init)
    }
}

extension TestNode {
    /// A folder of the host that hostile images and volumes point to.
    var victim: String { "\(folder)/victim" }

    /// Names, kinds, owners, modes, sizes, times and content of the victim.
    func victimState() throws -> String {
        try Shell.run(
            "cd \(victim) && find . -printf '%p %y %U %G %m %s %T@ %l\\n' | sort && find . -type f -exec sha256sum {} + | sort"
        )
    }

    /// Compiles `Probes/NAME.c` into the image's `/bin/NAME`.
    func install(_ probe: String) throws {
        let source = #filePath.split(separator: "/").dropLast(2).joined(separator: "/")
        try Shell.run(
            "cc=$(command -v clang || command -v gcc); $cc -std=gnu17 -D_GNU_SOURCE -O1 -static "
                + "/\(source)/Probes/\(probe).c -o \(layer)/bin/\(probe)"
        )
    }

    /// Runs one more process in a running container to its end: output and exit status.
    func execute(
        _ keeper: Keeper,
        _ process: ProcessSpec,
        in running: Running,
        id: String,
        ownUsers: Bool = true,
        pause: Duration = .zero
    ) async throws -> (output: String, status: Int32?) {
        // Our own write end lives in `program`, so there is no end of the output: it is read once, at the end.
        let output = try Descriptor.pipe(O_NONBLOCK)
        let null = try Descriptor.open("/dev/null", O_RDWR)
        let program = LaunchProgram(
            process,
            in: running.prepared.pidfd,
            ownUsers: ownUsers,
            cgroup: nil,
            streams: StandardStreams(input: null, output: output.write, error: output.write)
        )
        _ = try await keeper.prepare(id, program)
        if pause > .zero { try await Task.sleep(for: pause) }
        try await keeper.release(id, program)
        let status = try await exit(of: id, keeper)
        try await keeper.acknowledge(id)
        let text = (try? output.read.read(1 << 16)) ?? []
        return (String(decoding: text, as: UTF8.self), status)
    }

    /// Ends a running container and forgets it.
    func finish(_ keeper: Keeper, _ running: Running, id: String) async throws {
        try await finish(keeper, running.prepared, id: id)
    }

    func finish(_ keeper: Keeper, _ prepared: Keeper.Prepared, id: String) async throws {
        kill(prepared.pid, SIGKILL)
        _ = try await exit(of: id, keeper)
        try await keeper.acknowledge(id)
        try Cgroup.remove(id, in: tree)
    }

    /// The host's view of a process: the value of a line of `/proc/PID/status`.
    func hostStatus(_ pid: Int32, _ name: String) throws -> String {
        try SecurityTests.line(name + ":", of: Shell.run("cat /proc/\(pid)/status"))
    }
}

extension SecurityTests {
    /// The rest of the first line that starts with `name`, its words joined by one space.
    static func line(_ name: String, of text: String) -> String {
        let found = text.split(separator: "\n").first { $0.hasPrefix(name) }
        return found?.dropFirst(name.count).split(whereSeparator: \.isWhitespace).joined(separator: " ")
            ?? "(no \(name))"
    }

    /// Reads a running container's output until `text` was seen.
    static func await(_ text: String, from output: Descriptor) async throws {
        try await Thread.run {
            var seen = ""
            while !seen.contains(text) {
                let part = try output.read(4096)
                guard !part.isEmpty else { throw LinuxError("read", "before \(text): \(seen)", errno: EPIPE) }
                seen += String(decoding: part, as: UTF8.self)
            }
        }
    }
}
