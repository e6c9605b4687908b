// SPDX-License-Identifier: Apache-2.0
internal import Containers
internal import Glibc
internal import Linux
internal import TestKit
internal import Testing

/// Files made fresh for one container: whose they are, who can read them, and that no disk has seen them.
@Suite(.serialized) struct FileTests {
    private static let hostIDs: UInt32 = 0x7000_0000

    private func file(_ path: String, _ text: String, uid: UInt32 = 0, mode: UInt32 = 0o444)
        -> ContainerSpec.File
    {
        .init(readOnly: .plain(Array(text.utf8)), at: path, uid: uid, gid: uid, mode: mode)
    }

    @Test(arguments: [hostIDs, nil])
    func `a file has its owner and mode, and nobody inside can write to it`(hostIDs: UInt32?) async throws {
        try await withTestNode { node, keeper in
            var spec = try node.spec(
                "owner",
                [
                    "sh", "-c",
                    "stat -c '%u:%g %a %s' /run/secrets/a /b; cat /run/secrets/a; (echo x >/run/secrets/a) 2>/dev/null && echo written; rm -f /b 2>/dev/null && echo removed; /deep/er/run",
                ],
                hostIDs: hostIDs
            )
            spec.files = [
                file("/run/secrets/a", "one\n", uid: 1_000, mode: 0o400), file("/b", "", mode: 0o640),
                file("/deep/er/run", "#!/bin/sh\necho ran\n", mode: 0o555),
            ]
            let (output, status) = try await node.run(keeper, spec)
            #expect(output == "1000:1000 400 4\n0:0 640 0\none\nran\n" && status == 0)
        }
    }

    @Test func `another user than the owner cannot read it`() async throws {
        try await withTestNode { node, keeper in
            var spec = try node.spec("other", ["sh", "-c", "cat /a; cat /b 2>/dev/null || echo refused"])
            spec.process.uid = 7
            spec.process.gid = 7
            spec.files = [file("/a", "mine\n", uid: 7, mode: 0o400), file("/b", "theirs\n", mode: 0o440)]
            #expect(try await node.run(keeper, spec).output == "mine\nrefused\n")
        }
    }

    @Test(arguments: [nil, KernelFeatures([])])
    func `it shows within a mount, and leaves nothing in the layer`(features: KernelFeatures?) async throws {
        try await withTestNode(features: features) { node, keeper in
            var spec = try node.spec("within", ["cat", "/run/secrets/a"])
            spec.mounts = [.init(.tmpfs([(key: "mode", value: "755")]), at: "/run")]
            spec.root.readOnly = true
            spec.files = [file("/run/secrets/a", "word-4711\n"), file("/etc/plain", "word-4711\n")]
            let (output, status) = try await node.run(keeper, spec)
            #expect(output == "word-4711\n" && status == 0)
            #expect(try Shell.run("grep -r word-4711 \(node.folder) || true") == "")
        }
    }

    @Test func `files of half a megabyte fit`() async throws {
        try await withTestNode { node, keeper in
            var spec = try node.spec("large", ["sh", "-c", "cat /f0 /f1 /f2 /f3 /f4 | wc -c"])
            let content = [UInt8](repeating: 0xff, count: 500 << 10)
            spec.files = (0..<5).map {
                .init(readOnly: .plain(content), at: "/f\($0)", uid: 0, gid: 0, mode: 0o400)
            }
            #expect(try await node.run(keeper, spec).output == "\(5 * content.count)\n")
        }
    }

    @Test(arguments: [(UInt32(65_536), UInt32(0o444)), (0, 0o4755), (.max, 0o444)])
    func `ids beyond the container's and special bits are refused`(_ uid: UInt32, _ mode: UInt32) async throws
    {
        try await withTestNode { node, keeper in
            var spec = try node.spec("beyond", ["true"])
            spec.files = [file("/a", "", uid: uid, mode: mode)]
            await #expect(throws: ContainerError.self) { try await node.start(keeper, spec) }
        }
    }
}
