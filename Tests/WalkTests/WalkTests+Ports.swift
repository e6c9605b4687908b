// SPDX-License-Identifier: Apache-2.0
internal import Control
internal import TestKit
internal import Testing

extension WalkTests {
    @Test func `replicas share a range of host ports, one each`() async throws {
        try await withWalk { walk in
            try await walk.importBusybox()
            let agent = try await walk.agent()
            let range = walk.port...(walk.port + 20)
            func text(_ name: String, _ replicas: Int) -> String {
                """
                name: \(name)
                services:
                  web:
                    image: busybox:walk
                    command: [httpd, -f, -p, "80", -h, /www]
                    init: true
                    deploy: {replicas: \(replicas)}
                    ports: ["127.0.0.1:\(range.lowerBound)-\(range.upperBound):80"]
                """
            }
            try await walk.apply(text("three", 3))
            try await walk.apply(text("one", 1))
            let published = try await walk.instances().flatMap(\.ports)
            let ports = published.compactMap { UInt16($0.dropFirst("127.0.0.1:".count).prefix { $0 != "-" }) }
            #expect(Set(ports).count == 4 && ports.allSatisfy(range.contains), "\(published)")
            for port in ports {
                let page = try Shell.run(
                    "curl -s --show-error --fail --max-time 60 --retry 20 --retry-delay 1 --retry-connrefused http://127.0.0.1:\(port)/"
                )
                #expect(page == "up\n")
            }
            try await walk.down("three", "one")
            try await walk.end(agent)
        }
    }
}
