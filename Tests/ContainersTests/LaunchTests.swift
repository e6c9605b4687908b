// SPDX-License-Identifier: Apache-2.0
internal import Containers
internal import Glibc
internal import Linux
internal import TestKit
internal import Testing

@Suite(.serialized) struct LaunchTests {
    @Test(arguments: [nil, KernelFeatures([])])
    func `a container runs with its own ids, host name and root`(features: KernelFeatures?) async throws {
        try await withTestNode(features: features) { node, keeper in
            let spec = try node.spec(
                "one",
                ["sh", "-c", "id -u; hostname; cat /proc/self/uid_map; pwd; exit 7"]
            )
            let (output, status) = try await node.run(keeper, spec)
            let words = output.split(whereSeparator: \.isWhitespace)
            #expect(words == ["0", "one", "0", "1879048192", "65536", "/"])
            #expect(status == 7)
        }
    }

    @Test(arguments: [
        "../run/systemd/resolve/stub-resolv.conf", "/run/deep/er/file", "../../../../../../run/clamped",
    ])
    func `a file lands where a link of the image points, though nothing is there yet`(
        link: String
    ) async throws {
        try await withTestNode { node, keeper in
            let top = "\(node.folder)/top"
            try Shell.run("mkdir -p \(top)/etc && ln -s \(link) \(top)/etc/resolv.conf")
            var spec = try node.spec("linked", ["cat", "/etc/resolv.conf"], layers: [node.layer, top])
            spec.files = [.init("/etc/resolv.conf", "nameserver 10.77.0.1\n")]
            let (output, status) = try await node.run(keeper, spec)
            #expect(output == "nameserver 10.77.0.1\n" && status == 0)
        }
    }

    @Test func `links that lead to each other are refused`() async throws {
        try await withTestNode { node, keeper in
            let top = "\(node.folder)/top"
            try Shell.run("mkdir -p \(top)/etc && ln -s b \(top)/etc/a && ln -s a \(top)/etc/b")
            var spec = try node.spec("circle", ["true"], layers: [node.layer, top])
            spec.files = [.init("/etc/a", "")]
            await #expect(
                throws: ContainerError(step: "release", "circle: mount point /etc/a", cause: .errno(ELOOP))
            ) { try await node.start(keeper, spec) }
        }
    }
}
