// SPDX-License-Identifier: Apache-2.0
internal import Glibc
internal import TestKit
internal import Testing

extension WalkTests {
    /// What `Benchmarks/scale` has measured, by its names.
    private static func scale(apps: Int, services: Int) throws -> [String: Double] {
        let output = try Shell.run(
            "MARTLET_PROGRAM=\(Walk.martlet) Benchmarks/scale apps=\(apps) services=\(services)"
        )
        print("scale: \(output)", terminator: "")
        // The shell may tell of an agent that it killed.
        let figures = output.split(separator: "\n").last { $0.hasPrefix("apps=") } ?? ""
        let words = figures.split(separator: " ").map { $0.split(separator: "=") }.filter { $0.count == 2 }
        return Dictionary(uniqueKeysWithValues: words.map { (String($0[0]), Double($0[1]) ?? .nan) })
    }

    /// It looks by itself that all run, that nothing is done where nothing is new, and that a plan names the change.
    @Test func `many services cost little where nothing is to be done`() throws {
        let isSoak = getenv("MARTLET_SOAK") != nil
        let few = try Self.scale(apps: isSoak ? 10 : 3, services: 10)
        let many = try Self.scale(apps: isSoak ? 100 : 12, services: 10)
        #expect(many["services"] == (isSoak ? 1_000 : 120))
        let memory = (few["pss_mib"] ?? .nan, many["pss_mib"] ?? .nan)
        #expect(memory.1 <= 150, "\(memory)")
        // Threads are not a service's.
        #expect((many["threads"] ?? .nan) <= (few["threads"] ?? .nan) + 8)
    }
}
