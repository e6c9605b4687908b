// SPDX-License-Identifier: Apache-2.0
internal import Containers
internal import Glibc
internal import Linux
internal import TestKit
internal import Testing

/// Files of a running container that get another content, and secrets that no swap sees.
@Suite(.serialized) struct FileReplaceTests {
    private func secret(_ path: String, _ text: String, mode: UInt32 = 0o400) -> ContainerSpec.File {
        let content = Array(text.utf8).withUnsafeBytes { SecretContent($0) }
        return .init(readOnly: .secret(content), at: path, uid: 0, gid: 0, mode: mode)
    }

    private static let oldKernels: [KernelFeatures?] = [nil, KernelFeatures([])]

    @Test func `a secret is on a tmpfs of its own that is never swapped out`() async throws {
        try await withTestNode { node, keeper in
            var spec = try node.spec("swap", ["sh", "-c", "cat /s /c; cat /proc/self/mountinfo"])
            spec.files = [
                secret("/s", "word-4711\n"),
                .init(readOnly: .plain(Array("config\n".utf8)), at: "/c", uid: 0, gid: 0, mode: 0o444),
            ]
            let lines = try await node.run(keeper, spec).output.split(separator: "\n")
            #expect(lines.prefix(2) == ["word-4711", "config"])
            let mounts = lines.dropFirst(2).map { $0.split(separator: " ") }
            let secret = try #require(mounts.first { $0[4] == "/s" })
            let config = try #require(mounts.first { $0[4] == "/c" })
            #expect(secret[2] != config[2], "one file system for both")
            let canKeep = node.features.contains(.tmpfsWithoutSwap)
            #expect(secret.last?.contains("noswap") == canKeep && config.last?.contains("noswap") == false)
            #expect(try Shell.run("grep -r word-4711 \(node.folder) || true") == "")
        }
    }

    @Test(arguments: oldKernels)
    func `a new content takes the place of the old one at once and whole`(features: KernelFeatures?)
        async throws
    {
        try await withTestNode(features: features) { node, keeper in
            // Reads as often as it can, and says what it has read, once for each change.
            let script = """
                exec 3</s; last=
                while :; do now=$(cat /s) || echo gone; [ "$now" = "$last" ] || echo "$now"; last=$now; [ "$now" = end ] && break; done
                cat <&3; stat -c '%u:%g %a' /s; (echo x >/s) 2>/dev/null && echo written; grep -c ' /s ' /proc/self/mountinfo
                """
            var spec = try node.spec("replace", ["sh", "-c", script])
            spec.files = [secret("/s", "old\n")]
            let run = try await node.start(keeper, spec)
            let first = try await Thread.run { try run.output.read(4) }
            for text in (1...20).map({ "new \($0)\n" }) + ["end"] {
                try await secret("/s", text, mode: 0o440).replace(
                    in: run.prepared.pidfd,
                    of: spec.id,
                    users: spec.users,
                    features: node.features
                )
            }
            let rest = try await Thread.run { try run.output.readAll(limit: 1 << 20) }
            let status = try await node.exit(of: spec.id, keeper)
            let lines = String(decoding: first + rest, as: UTF8.self).split(separator: "\n").map(String.init)
            let seen = Array(lines.dropLast(3))
            #expect(status == 0 && seen.first == "old" && seen.last == "end", "\(lines)")
            // Never a part of one, never nothing, never an older one again.
            let numbers = seen.dropFirst().dropLast().compactMap { Int($0.dropFirst("new ".count)) }
            #expect(numbers.count == seen.count - 2 && numbers == numbers.sorted(), "\(seen)")
            // Who had it open goes on with that; and no mount is left where the kernel can do without.
            let isNew = node.features.contains(.mountBeneath)
            #expect(lines.suffix(3) == ["old", "0:0 440", isNew ? "1" : "22"], "\(lines)")
        }
    }

    @Test func `what is no place of ours stays as it is`() async throws {
        try await withTestNode { node, keeper in
            var spec = try node.spec(
                "other",
                ["sh", "-c", "mkdir /d; echo mine >/mine; echo up; exec sleep 1000"]
            )
            spec.files = [secret("/s", "old\n")]
            let run = try await node.start(keeper, spec)
            _ = try await Thread.run { try run.output.read(3) }
            for path in ["/mine", "/bin", "/nowhere", "/proc/self/exe", "/dev/null", "/../s/x"] {
                await #expect(throws: ContainerError.self, "\(path)") {
                    try await secret(path, "new\n").replace(
                        in: run.prepared.pidfd,
                        of: spec.id,
                        users: spec.users,
                        features: node.features
                    )
                }
            }
            run.prepared.pidfd.kill()
            _ = try await node.exit(of: spec.id, keeper)
        }
    }
}
