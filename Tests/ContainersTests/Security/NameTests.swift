// SPDX-License-Identifier: Apache-2.0
internal import Containers
internal import Glibc
internal import Linux
internal import TestKit
internal import Testing

extension SecurityTests {
    /// S33, S37: names that become paths.
    @Suite struct NameTests {
        // ContainerSpec.check(id:), asked by Cgroup and by the compiler of launch programs.
        @Test(arguments: [
            "", ".", "..", "../x", "a/b", "a/../../b", "/a", "a/", ".hidden", "a b", "a\nb", "a\u{0}b", "é",
            "_keeper", "a:b", "x*",
            String(repeating: "a", count: 96), String(repeating: "../", count: 20) + "tmp",
        ])
        func `an id that is not one plain name is refused`(id: String) async throws {
            try await withNode { node, keeper in
                try Shell.run("mkdir \(node.folder)/elsewhere")
                let before = try Shell.run(
                    "find /sys/fs/cgroup -maxdepth 2 -type d -path '*martlet-test-\(getpid())*' | sort"
                )
                #expect(throws: ContainerError.self) {
                    _ = try Cgroup(id, in: node.tree, resources: Resources())
                }
                #expect(throws: ContainerError.self) { try Cgroup.remove(id, in: node.tree) }
                var spec = try node.spec("good", ["true"])
                spec.id = id
                let null = try Descriptor.open("/dev/null", O_RDWR)
                let wrong = spec
                #expect(throws: ContainerError.self) {
                    _ = try LaunchProgram(
                        wrong,
                        streams: StandardStreams(input: null, output: null, error: null),
                        features: node.features
                    )
                }
                #expect(
                    try Shell.run(
                        "find /sys/fs/cgroup -maxdepth 2 -type d -path '*martlet-test-\(getpid())*' | sort"
                    ) == before
                )
            }
        }

        // ContainerSpec.isHostname.
        @Test(arguments: [
            "", "-a", "a\nb", "a/b", "../etc", "a b", "é", String(repeating: "a", count: 65), "a\u{0}", "a;b",
        ])
        func `a host name that could mean something else is refused`(name: String) async throws {
            try await withNode { node, keeper in
                var spec = try node.spec("host", ["true"])
                spec.hostname = name
                let wrong = spec
                await #expect(throws: ContainerError.self) { _ = try await node.run(keeper, wrong) }
                for (index, good) in ["a", "web-1", "web_1.example.org", "9"].enumerated() {
                    spec = try node.spec("good-\(index)", ["hostname"])
                    spec.hostname = good
                    #expect(try await node.run(keeper, spec).output == good + "\n")
                }
            }
        }

        @Test(arguments: ["web-1", "A_b+c.d", "-x", "0", "clickme.web.1"])
        func `a plain id is taken`(id: String) async throws {
            try await withNode { node, keeper in
                var spec = try node.spec(id, ["echo", "fine"])
                spec.hostname = "plain"
                #expect(try await node.run(keeper, spec).output == "fine\n")
            }
        }
    }
}
