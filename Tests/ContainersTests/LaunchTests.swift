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
}
