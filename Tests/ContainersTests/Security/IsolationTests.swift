// SPDX-License-Identifier: Apache-2.0
internal import Containers
internal import Glibc
internal import Linux
internal import TestKit
internal import Testing

extension SecurityTests {
    /// Must show, S25, S27, S28: who a container is on the host, and what of the host it can reach.
    @Suite struct IsolationTests {
        // The user namespace (hostIDs), the pid namespace, the filter and pivot_root, in this order.
        @Test func `container root is nobody on the host and sees nothing of it`() async throws {
            try await withNode { node, keeper in
                let script = """
                    touch /made; echo pids $(ls /proc | grep -c '^[0-9]'); echo outside $(ls \(node.folder) 2>&1)
                    kill -0 \(getpid()) 2>/dev/null && echo killed; kill -0 \(keeper.pid) 2>/dev/null && echo killed
                    mount -t tmpfs x /tmp 2>/dev/null && echo mounted; umount /proc 2>/dev/null && echo unmounted
                    mount -o remount,rw /sys 2>/dev/null && echo remounted
                    insmod /bin/busybox 2>/dev/null && echo loaded; chroot /proc/1/root /bin/true || echo nochroot
                    hostname other 2>/dev/null && echo renamed; grep -c . /proc/self/mountinfo; ls -id /..; ls -id /; sleep 100
                    """
                let running = try await node.start(keeper, try node.spec("nobody", ["sh", "-c", script]))
                var text = ""
                while text.split(separator: "\n").count < 5 {
                    let part = try await Thread.run { try running.output.read(4096) }
                    guard !part.isEmpty else { break }
                    text += String(decoding: part, as: UTF8.self)
                }
                let mapped = "1879048192 1879048192 1879048192 1879048192"
                #expect(try node.hostStatus(running.prepared.pid, "Uid") == mapped)
                #expect(try node.hostStatus(running.prepared.pid, "Gid") == mapped)
                #expect(line("pids", of: text).split(separator: " ").allSatisfy { (Int($0) ?? 99) <= 4 })
                #expect(line("outside", of: text).contains("No such file"))
                for word in ["killed", "mounted", "loaded", "renamed"] { #expect(!text.contains(word)) }
                // `..` of the root is the root itself.
                let inodes = text.split(separator: "\n").suffix(2).map { $0.split(separator: " ").first }
                #expect(inodes.count == 2 && inodes[0] == inodes[1])
                // S25: what it makes belongs to its own ids.
                #expect(
                    try Shell.run("stat -c %u:%g \(node.folder)/scratch-nobody/up/made")
                        == "1879048192:1879048192\n"
                )
                try await node.finish(keeper, running, id: "nobody")
            }
        }

        // OP_PIVOT takes the old root away with all that lies over it: without new ids, the stage has mounted files
        // (and on older kernels layers) there before the clone. Kernels cross into what is left by `/..`, and setns(2)
        // begins there.
        @Test(arguments: [hostIDs, nil], [KernelFeatures?.none, []])
        func `the host is not behind the root, nor for what is run inside later`(
            hostIDs: UInt32?,
            features: KernelFeatures?
        ) async throws {
            try await withTestNode(features: features) { node, keeper in
                let look = "echo $(ls /) $(ls /..)"
                let own = "bin dev etc proc sys tmp bin dev etc proc sys tmp\n"
                var spec = try node.spec("roots", ["sh", "-c", "\(look); sleep 100"], hostIDs: hostIDs)
                spec.files = [.init("/etc/hosts", "")]
                let running = try await node.start(keeper, spec)
                try await SecurityTests.await(own, from: running.output)
                var process = ProcessSpec(["sh", "-c", look], seccomp: try .standard())
                process.environment = ["PATH=/bin"]
                let later = try await node.execute(
                    keeper,
                    process,
                    in: running,
                    id: "later",
                    ownUsers: hostIDs != nil
                )
                #expect(later.output == own)
                try await node.finish(keeper, running, id: "roots")
            }
        }

        // ContainerSpec.hostIDs goes into the map of OP_CLONE.
        @Test func `two containers have disjoint ids`() async throws {
            try await withNode { node, keeper in
                var owners: [String] = []
                for (id, first) in [("left", UInt32(0x7000_0000)), ("right", 0x7001_0000)] {
                    let script =
                        "cat /proc/self/uid_map /proc/self/gid_map; stat -c %u /bin/busybox; touch /made"
                    let (output, _) = try await node.run(
                        keeper,
                        try node.spec(id, ["sh", "-c", script], hostIDs: first)
                    )
                    let words = output.split(whereSeparator: \.isWhitespace).map(String.init)
                    // the layer looks like root's
                    #expect(words == ["0", "\(first)", "65536", "0", "\(first)", "65536", "0"])
                    owners.append(try Shell.run("stat -c %u \(node.folder)/scratch-\(id)/up/made"))
                }
                #expect(owners == ["\(0x7000_0000)\n", "\(0x7001_0000)\n"])
            }
        }

        // S27: addDevices makes the list; the devices controller (restrictDevices) and the overlay's nodev
        // attribute refuse what a container that may mknod(2) adds.
        @Test func `only the listed devices are there`() async throws {
            try await withNode { node, keeper in
                let script = """
                    find / -xdev \\( -type b -o -type c \\); find /dev \\( -type b -o -type c \\) | sort
                    mknod /tmp/zero c 1 5 2>&1; mknod /dev/mem c 1 1 2>&1; cat /dev/tty 2>&1
                    """
                let (output, _) = try await node.run(keeper, try node.spec("devices", ["sh", "-c", script]))
                let nodes = output.split(separator: "\n").filter { $0.hasPrefix("/") }
                #expect(
                    nodes == [
                        "/dev/full", "/dev/null", "/dev/pts/ptmx", "/dev/random", "/dev/tty", "/dev/urandom",
                        "/dev/zero",
                    ]
                )
                #expect(output.split(separator: "Operation not permitted").count == 3)
            }
        }

        @Test func `a device that a privileged container makes cannot be opened`() async throws {
            try await withNode { node, keeper in
                let block =
                    try Shell.run("lsblk -ndo MAJ:MIN 2>/dev/null | head -1 || true").trimmedWords.first
                    ?? "7:0"
                let numbers = block.replacing(":", with: " ")
                let script = """
                    mknod /dev/disk b \(numbers) && mknod /dev/memory c 1 1 && mknod /etc/zero c 1 5 && echo made
                    for name in /dev/disk /dev/memory /etc/zero; do head -c 1 $name > /dev/null 2>&1 && echo opened $name; done
                    mknod /dev/two c 1 5 && head -c 1 /dev/two | wc -c
                    """
                var spec = try node.spec("mknod", ["sh", "-c", script], hostIDs: nil)
                spec.process.capabilities.insert(try #require(Capability("MKNOD")))
                let (output, _) = try await node.run(keeper, spec)
                #expect(output == "made\n1\n")
            }
        }

        // OP_SETATTR with MS_PRIVATE in the stage and on every bind: no mount of the container is a peer or a
        // slave of the host's, so nothing travels either way.
        @Test(arguments: [hostIDs, nil])
        func `no mount event travels between host and container`(hostIDs: UInt32?) async throws {
            try await withNode { node, keeper in
                let shared = "\(node.folder)/shared"
                try Shell.run(
                    "mkdir -p \(shared)/sub \(node.folder)/data && mount --bind \(shared) \(shared) && mount --make-shared \(shared)"
                )
                defer { _ = try? Shell.run("umount -lR \(shared) 2>/dev/null || true") }
                let script = """
                    echo ready; cat /proc/self/mountinfo; while ! test -e /volume/go; do sleep 0.05; done
                    echo seen $(ls /volume/sub); mount -t tmpfs inner /volume/sub && touch /volume/sub/inner; echo done
                    """
                var spec = try node.spec("shared", ["sh", "-c", script], hostIDs: hostIDs)
                spec.mounts = [
                    .init(.bind(try .open(shared, O_DIRECTORY | O_PATHONLY), file: false), at: "/volume")
                ]
                spec.process.capabilities.insert(try #require(Capability("SYS_ADMIN")))
                spec.process.seccomp = nil
                let running = try await node.start(keeper, spec)
                try await SecurityTests.await("ready\n", from: running.output)
                try Shell.run(
                    "mount -t tmpfs outer \(shared)/sub && touch \(shared)/sub/outer && touch \(shared)/go"
                )
                let output = String(
                    decoding: try await Thread.run { try running.output.readAll(limit: 1 << 20) },
                    as: UTF8.self
                )
                #expect(!output.contains("shared:") && !output.contains("master:"))
                #expect(line("seen", of: output) == "")
                #expect(output.contains("done"))
                #expect(try Shell.run("ls \(shared)/sub") == "outer\n")
                try Shell.run("umount -lR \(shared)")
                _ = try await node.exit(of: spec.id, keeper)
                try await keeper.acknowledge(spec.id)
                try Cgroup.remove(spec.id, in: node.tree)
            }
        }

        // bind(2) below umask 077 (harden), and fchmodat in KeeperSupervisor.
        @Test func `what the keeper makes is the agent's alone`() async throws {
            try await withNode { node, _ in
                let listing = try Shell.run("cd \(node.folder)/run && stat -c '%n %a %u' *").split(
                    separator: "\n"
                )
                #expect(listing.count == 3)
                for line in listing {
                    let words = line.split(separator: " ")
                    #expect(
                        words.count == 3 && ["600", "700"].contains(words[1]) && words[2] == "0",
                        "\(line)"
                    )
                }
            }
        }

        // S11. The filter refuses unshare(2), so no version 1 hierarchy can be mounted.
        @Test func `release_agent is out of reach`() async throws {
            let agents = {
                try Shell.run(
                    "for f in /sys/fs/cgroup/*/release_agent; do echo $f; cat $f; done 2>/dev/null || true"
                )
            }
            let before = try agents()
            try await withNode { node, keeper in
                let script = """
                    unshare -Urm sh -c 'mount -t cgroup -o memory x /tmp && echo /x > /tmp/release_agent' 2>&1
                    for f in $(find /sys/fs/cgroup /proc -name release_agent 2>/dev/null); do echo found $f; done
                    mkdir /sys/fs/cgroup/x 2>&1; echo 1 > /sys/fs/cgroup/cgroup.procs
                    """
                for ids in [SecurityTests.hostIDs, nil] {
                    let (output, _) = try await node.run(
                        keeper,
                        try node.spec("agent-\(ids ?? 0)", ["sh", "-c", script], hostIDs: ids)
                    )
                    #expect(output.contains("unshare") && output.contains("Operation not permitted"))
                    #expect(!output.contains("found"))
                    #expect(output.split(separator: "Read-only file system").count == 3)
                }
            }
            #expect(try agents() == before)
        }
    }
}

private let O_PATHONLY: Int32 = 0o10000000

extension String {
    var trimmedWords: [String] { split(whereSeparator: \.isWhitespace).map(String.init) }
}
