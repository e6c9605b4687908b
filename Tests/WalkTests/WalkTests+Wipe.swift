// SPDX-License-Identifier: Apache-2.0
internal import Control
internal import Glibc
internal import TestKit
internal import Testing

extension Walk {
    /// The click counter with its data in a store, and beside it a service with files.
    fileprivate func storedExample() throws -> String {
        let storage = "x-martlet: { store: files, commit: 1h, lease: { ttl: 3s } }"
        let text = try example().replacing(
            "  redis-data: {}",
            with: "  redis-data: { \(storage) }\n  files: { \(storage) }"
        )
        let idle = """
              idle:
                image: "busybox:walk"
                command: [sleep, "100000"]
                init: true
                stop_grace_period: 0s
                network_mode: none
                volumes: ["files:/files"]
            networks:
            """
        return text.replacing("\nnetworks:\n", with: "\n\(idle)\n")
    }

    /// A node whose volumes are in a bucket of a server.
    fileprivate func storing(in server: SeaweedFS) throws -> String {
        try server.makeBucket("volumes")
        let key = try file(#"{ "AccessKeyId": "AK", "SecretAccessKey": "SK" }"#, "key.json")
        try Shell.run("chmod 600 \(key)")
        let store = #"{ s3: { endpoint: "\#(server.endpoint)", bucket: volumes, auth: "\#(key)" } }"#
        return try file("format: 1\nnode: { name: n\(port) }\nstores: { files: \(store) }\n", "node.yaml")
    }

    /// Makes so many files of every kind.
    func makeFiles(_ count: Int, in folder: String) throws {
        let script = """
            import os, random, socket, stat, sys
            root, count = sys.argv[1], int(sys.argv[2])
            random.seed(7)
            def name(n): return os.fsencode(root) + b"/%d/" % (n % 40) + (b"n\\xff \\n%d" if n % 9 == 0 else b"n%d") % n
            for n in range(40): os.makedirs(os.path.dirname(name(n)), exist_ok=True)
            for n in range(count):
                path, kind = name(n), n % 20
                if kind == 1: os.symlink(b"../" + bytes([255]) + b"/nowhere", path)
                elif kind == 2 and n > 20: os.link(name(n - 2), path)
                elif kind == 3: os.mkfifo(path, 0o640)
                elif kind == 4: os.mknod(path, 0o600 | stat.S_IFCHR, os.makedev(1, 3))
                elif kind == 5: socket.socket(socket.AF_UNIX).bind("/proc/self/fd/%d/s%d" % (os.open(root, os.O_PATH), n))
                else:
                    with open(path, "wb") as file:
                        if kind == 6:
                            file.seek(1 << 20); file.write(b"end"); file.truncate(3 << 20)
                        else: file.write(random.randbytes(random.choice([0, 10, 4096, 70000])))
                    os.chmod(path, random.choice([0o600, 0o4755, 0o2711, 0o444]))
                    if kind == 7: os.setxattr(path, b"user.note", b"a\\0b")
                if kind != 5:
                    os.chown(path, n % 70000, n % 300, follow_symlinks=False)
                    os.utime(path, ns=(n * 10**9, 1_000_000_000_000_000_000 + n * 1_000_000_007), follow_symlinks=False)
            """
        let path = try file(script, "make.py")
        try Shell.run("python3 \(path) \(folder) \(count)")
    }

    /// What all files below a folder are, one a line.
    ///
    /// - Parameters:
    ///   - folder: The folder.
    ///   - first: What a container's first id is in it.
    ///   - links: Whether it matters how many names a file has, of which overlayfs knows less.
    /// - Returns: A line for each path.
    /// - Throws: Why they cannot be read.
    func fingerprint(_ folder: String, first: UInt32 = 0, links: Bool = true) throws -> String {
        let script = """
            import hashlib, os, stat, sys
            root, first, links = os.fsencode(sys.argv[1]), int(sys.argv[2]), sys.argv[3] == "true"
            firsts = {}
            for folder, folders, files in sorted(os.walk(root)):
                for name in sorted([b"."] + folders + files):
                    path = os.path.join(folder, name)
                    s = os.lstat(path)
                    facts = [path[len(root):], oct(s.st_mode), s.st_uid - first, s.st_gid - first, s.st_rdev, s.st_mtime_ns]
                    if stat.S_ISREG(s.st_mode):
                        with open(path, "rb") as file:
                            content = file.read()
                            hole = os.lseek(file.fileno(), 0, os.SEEK_HOLE) if content else 0
                        facts += [s.st_size, hashlib.sha256(content).hexdigest(), hole < s.st_size]
                        if links: facts += [s.st_nlink, firsts.setdefault((s.st_dev, s.st_ino), path[len(root):])]
                    if stat.S_ISLNK(s.st_mode): facts.append(os.readlink(path))
                    attributes = sorted(os.listxattr(path, follow_symlinks=False))
                    facts += [(a, os.getxattr(path, a, follow_symlinks=False)) for a in attributes]
                    print(facts)
            """
        let path = try file(script, "look.py")
        return try Shell.run("python3 \(path) \(folder) \(first) \(links)")
    }
}

extension WalkTests {
    /// A tenth of them in every run, all of them where time does not matter.
    private static let files = getenv("MARTLET_SOAK") == nil ? 1_000 : 10_000

    /// In a folder, and by S3 with what it takes: the file of desired state, an address, a key.
    @Test(arguments: [false, true])
    func `what a node had committed is on the next one, after all that it had was wiped`(isBucket: Bool)
        async throws
    {
        try #require(SeaweedFS.isThere, "make stores")
        try await withWalk { walk in
            let server = isBucket ? try SeaweedFS(in: "\(walk.folder)/weed") : nil
            defer { withExtendedLifetime(server) {} }
            try await walk.importBusybox()
            try await walk.importExample()
            let node =
                try server.map { try walk.storing(in: $0) } ?? walk.storing(in: "\(walk.folder)/store")
            _ = try await walk.agent(["--node", node])
            let text = try walk.storedExample()
            try await walk.apply(text)
            for click in 1...3 { #expect(try walk.page() == "clicks: \(click)\n") }
            let files = "\(walk.folder)/state/volumes/clickme/files/data"
            try walk.makeFiles(Self.files, in: files)
            let synced = try await walk.martlet("volume", "sync", with: ["clickme"])
            #expect(synced.code == 0, "\(synced.output)")
            let before = try walk.fingerprint(files)
            #expect(before.split(separator: "\n").count > Self.files / 2)
            // These are not committed, and may be lost.
            for click in 4...5 { #expect(try walk.page() == "clicks: \(click)\n") }

            try walk.wipe()
            try Shell.run("rm -rf \(walk.folder)/state \(walk.folder)/run")
            let layout = "\(walk.folder)/layout"
            let imported = try await walk.martlet("image", "import", with: [layout])
            try #require(imported.code == 0, "\(imported.output)")
            try await walk.importExample()
            // Another machine, but for its kernel and the store's files, or the way to its server.
            let other = "hostname other-node && ip link set lo up && exec \"$@\""
            let apart =
                (isBucket ? [] : ["--net"]) + ["--mount", "--uts", "--ipc", "--propagation", "private"]
            let agent = try await walk.agent(
                ["--node", node],
                under: ["/usr/bin/unshare"] + apart + ["sh", "-c", other, "sh"]
            )
            try await walk.apply(text)
            let page = "curl -sf --max-time 30 http://127.0.0.1:\(walk.port)/"
            #expect(try Shell.run("nsenter --target \(agent.pid) --net \(page)") == "clicks: 4\n")
            let after = try walk.fingerprint(files)
            #expect(after == before)
            let restored = try await walk.volume("clickme/redis-data")
            #expect(restored.state == "held" && !restored.isFuzzy, "\(restored)")
            let events = try await walk.martlet("events", with: ["--no-follow", "--since", "1h"]).output
            #expect(events.contains("volume files: ") && events.contains("volume redis-data: "), "\(events)")
            try await walk.down("clickme")
            try await walk.end(agent)
        }
    }
}
