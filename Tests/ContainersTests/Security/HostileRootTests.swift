// SPDX-License-Identifier: Apache-2.0
internal import Containers
internal import Glibc
internal import Linux
internal import TestKit
internal import Testing

extension SecurityTests {
    /// S04, S05, S06, S07: images and volumes that steer mounts.
    @Suite struct HostileRootTests {
        // RESOLVE_NO_SYMLINKS (`strict`) for the special mount points.
        @Test(arguments: ["proc", "sys", "dev"])
        func `a special mount point that is not a directory is an error`(name: String) async throws {
            try await withNode { node, keeper in
                for (index, make) in [
                    "ln -s \(node.victim) NAME", "ln -s / NAME", "ln -s .. NAME", "ln -s /proc NAME",
                    "ln -s real NAME && mkdir real",
                    "ln -s nowhere NAME", "touch NAME", "mkfifo NAME", "mknod NAME c 1 3",
                ].enumerated() {
                    let evil = "\(node.folder)/evil-\(index)"
                    try Shell.run("mkdir \(evil) && cd \(evil) && \(make.replacing("NAME", with: name))")
                    for features in [nil, KernelFeatures([])] where features == nil || index < 3 {
                        let spec = try node.spec(
                            "evil-\(index)-\(features == nil)",
                            ["true"],
                            layers: [node.layer, evil]
                        )
                        await #expect(throws: ContainerError.self, "\(make)") {
                            _ = try await node.run(keeper, spec)
                        }
                    }
                }
            }
        }

        // addDevices: /dev is ours from the first entry on; nothing in the image's is looked at.
        @Test func `links below the image's dev and proc are covered`() async throws {
            try await withNode { node, keeper in
                let evil = "\(node.folder)/evil"
                try Shell.run(
                    """
                    mkdir -p \(evil)/dev \(evil)/proc/self && cd \(evil) && for n in pts shm console mqueue ptmx fd stdin null; do
                    ln -s \(node.victim) dev/$n; done; ln -s \(node.victim) proc/self/attr; ln -s /proc/sysrq-trigger proc/kcore
                    """
                )
                var spec = try node.spec(
                    "covered",
                    [
                        "sh", "-c",
                        "for n in pts shm mqueue; do test -d /dev/$n -a ! -L /dev/$n && echo dir; done; test -c /dev/null && echo null",
                    ],
                    layers: [node.layer, evil]
                )
                spec.files = [.init("/etc/hosts", "127.0.0.1 localhost\n")]
                #expect(try await node.run(keeper, spec).output == "dir\ndir\ndir\nnull\n")
            }
        }

        // RESOLVE_IN_ROOT in ensure_target: whatever a link says, it is looked up inside the root. V exists on
        // the host alone, so such a mount either fails or lands inside. With ids of its own a container could not
        // change V anyway.
        @Test(arguments: [hostIDs, nil])
        func `links on the way to a mount, a file or the working directory stay inside`(hostIDs: UInt32?)
            async throws
        {
            try await withNode { node, keeper in
                let evil = "\(node.folder)/evil"
                let up = String(repeating: "../", count: 40)
                try Shell.run(
                    """
                    mkdir -p \(evil) && cd \(evil) && ln -s \(node.victim) abs && ln -s \(up)\(node.victim.dropFirst()) rel && ln -s / top
                    ln -s /proc/self/root/\(node.victim) magic; ln -s /proc/1/cwd/ cwd; ln -s a/b a; ln -s /abs/sub two
                    """
                )
                let data = "\(node.folder)/data"
                try Shell.run("mkdir \(data) && touch \(data)/here")
                for (index, way) in ["abs", "rel", "top", "magic", "cwd", "a", "two"].enumerated() {
                    for kind in 0..<4 {
                        var spec = try node.spec(
                            "way-\(index)-\(kind)",
                            ["true"],
                            hostIDs: hostIDs,
                            layers: [node.layer, evil]
                        )
                        switch kind {
                        case 0: spec.mounts = [.init(.tmpfs([]), at: "/\(way)/sub")]
                        case 1:
                            spec.mounts = [
                                .init(
                                    .bind(try .open(data, O_DIRECTORY), file: false),
                                    at: "/\(way)/new/deep"
                                )
                            ]
                        case 2:
                            let secret = ContainerSpec.File(
                                readOnly: .plain([1]),
                                at: "/\(way)/secret",
                                uid: 7,
                                gid: 7,
                                mode: 0o400
                            )
                            spec.files = [.init("/\(way)/file", "evil"), secret]
                        default: spec.process.directory = "/\(way)/made"
                        }
                        do { _ = try await node.run(keeper, spec) } catch is ContainerError {}
                    }
                }
                #expect(try Shell.run("ls \(data)") == "here\n")
            }
        }

        // refuse_procfs in the launch, `hidesKernel` in the check before it.
        @Test func `nothing is attached over procfs`() async throws {
            try await withNode { node, keeper in
                try Shell.run(
                    "mkdir \(node.folder)/data && cd \(node.layer) && ln -s /proc/self/attr attr && ln -s proc p && ln -s /proc/sys sysctl"
                )
                let places = [
                    "/proc", "/proc/self/attr", "/proc/1", "/proc/sys", "/proc/sys/kernel", "proc", "//proc/",
                    "/./proc", "/", "/.",
                    "/tmp/../proc", "/attr", "/p", "/p/sys", "/sysctl", "/sysctl/kernel",
                ]
                for (index, place) in places.enumerated() {
                    var spec = try node.spec("over-\(index)", ["cat", "/proc/self/mountinfo"])
                    spec.mounts = [
                        .init(.bind(try .open("\(node.folder)/data", O_DIRECTORY), file: false), at: place)
                    ]
                    let wrong = spec
                    await #expect(throws: ContainerError.self, "\(place)") {
                        _ = try await node.run(keeper, wrong)
                    }
                }
                var spec = try node.spec("meminfo", ["cat", "/proc/meminfo"])
                try Shell.run("echo little > \(node.folder)/meminfo")
                spec.mounts = [
                    .init(
                        .bind(try .open("\(node.folder)/meminfo", O_RDONLY), file: true),
                        at: "/proc/meminfo"
                    )
                ]
                #expect(try await node.run(keeper, spec).output == "little\n")
            }
        }

        // CVE-2021-30465. ensure_target pins what it found by descriptor, and move_mount(2) takes descriptors.
        @Test(.timeLimit(.minutes(10)))
        func `a volume that changes while it is mounted below leads nowhere`() async throws {
            try await withNode { node, keeper in
                try node.install("flip")
                let volume = "\(node.folder)/volume"
                for (round, link) in ["/", node.victim, "/proc/self/root\(node.victim)"].enumerated() {
                    try Shell.run(
                        "rm -rf \(volume) && mkdir -p \(volume)/x && ln -s \(link) \(volume)/z && chown -R 0:0 \(volume) && chmod 777 \(volume)"
                    )
                    let bind = ContainerSpec.Mount(
                        .bind(try .open(volume, O_DIRECTORY), file: false),
                        at: "/v"
                    )
                    var flipper = try node.spec("flip-\(round)", ["flip", "/v/x", "/v/z"])
                    flipper.mounts = [bind]
                    let running = try await node.start(keeper, flipper)
                    try await SecurityTests.await("ready\n", from: running.output)
                    var started = 0
                    for turn in 0..<(soak ? 700 : 20) {
                        var spec = try node.spec(
                            "race-\(round)-\(turn)",
                            ["grep", "race", "/proc/self/mountinfo"]
                        )
                        spec.mounts = [
                            bind, .init(.tmpfs([(key: "source", value: "race")]), at: "/v/x/y\(turn)"),
                        ]
                        do {
                            let places = try await node.run(keeper, spec).output.split(separator: "\n").map {
                                $0.split(separator: " ")[4]
                            }
                            #expect(
                                places.count == 1
                                    && (places[0] == "/v/x/y\(turn)" || places[0] == "/v/z/y\(turn)"
                                        || places[0] == "/y\(turn)"
                                        || places[0].hasSuffix("victim/y\(turn)")),
                                "\(places)"
                            )
                            started += 1
                        } catch is ContainerError {}
                    }
                    #expect(started > 0)
                    try Shell.run("touch \(volume)/stop")
                    let text = String(
                        decoding: try await Thread.run { try running.output.readAll(limit: 4096) },
                        as: UTF8.self
                    )
                    #expect((Int(line("flips", of: text)) ?? 0) > 1000)
                    _ = try await node.exit(of: flipper.id, keeper)
                    try await keeper.acknowledge(flipper.id)
                    try Cgroup.remove(flipper.id, in: node.tree)
                }
                #expect(try Shell.run("ls -d /y[0-9]* 2>/dev/null || true") == "")
            }
        }
    }
}
