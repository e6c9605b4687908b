// SPDX-License-Identifier: Apache-2.0
internal import Glibc
internal import Linux
internal import TestKit
internal import Testing

@testable internal import Logs
@testable internal import Sinks

/// Archives with damage at random: what it does not hit is read, what is missing is told, and nothing is invented.
@Suite(.timeLimit(.minutes(20))) struct ArchiveDamageTests {
    private static let cases = getenv("MARTLET_SOAK") == nil ? 200 : 20_000

    private static func store() throws -> WatchedStore {
        let store = try WatchedStore(), writer = try SpoolWriter("web")
        let noise = try Shell.run("head -c 15000 /dev/urandom | base64 -w 200").split(separator: "\n")
        for (number, noise) in noise.enumerated() {
            try writer.write("web \(number) \(noise)\n", time: UInt64(1_000 + number) * 1_000_000_000)
        }
        let archive = try ArchiveBench(store, size: 5 << 10)
        archive.add(writer, SpoolWriter.origin("web"), isLive: false)
        archive.drain()
        return store
    }

    private static func put(_ bytes: [UInt8], _ path: String) throws {
        try Descriptor.open(path, O_WRONLY | O_CREAT | O_TRUNC, mode: 0o600).write(bytes)
    }

    @Test func `damage takes the lines of the object that it hits, at most, and is told`() throws {
        var dice = SeededGenerator(seed: 42)
        let store = try Self.store(), all = try store.lines()
        let paths = try store.names().map { "\(store.path)/\($0)" }
        #expect(paths.count >= 3 && all.count >= 90)
        let objects = try paths.map { try Descriptor.open($0, O_RDONLY).readAll(limit: 1 << 20) }
        // What is there without an object is what is not in it.
        let others = try zip(paths, objects).map { path, bytes in
            unlink(path)
            defer { try? Self.put(bytes, path) }
            return try store.lines()
        }
        for round in 0..<Self.cases {
            let hit = Int.random(in: 0..<paths.count, using: &dice)
            var bytes = objects[hit]
            if Int.random(in: 0..<3, using: &dice) == 0 {
                bytes.removeSubrange(Int.random(in: 0..<bytes.count, using: &dice)...)
            } else {
                for _ in 0..<Int.random(in: 1...4, using: &dice) {
                    let index = Int.random(in: 0..<bytes.count, using: &dice)
                    bytes[index] ^= 1 << UInt8.random(in: 0...7, using: &dice)
                }
            }
            try Self.put(bytes, paths[hit])
            var found: [String] = [], isTold = false
            for item in try store.items() {
                switch item {
                case .damaged: isTold = true
                case .event(.gap, _, _, _): isTold = true
                case .event(.line(let line), _, _, _):
                    found.append(String(decoding: line.bytes, as: UTF8.self))
                }
            }
            let set = Set(found)
            #expect(set.count == found.count && found == all.filter(set.contains), "round \(round)")
            #expect(others[hit].allSatisfy(set.contains), "round \(round)")
            #expect(isTold || found.count == all.count, "round \(round)")
            try Self.put(objects[hit], paths[hit])
        }
        #expect(try store.lines() == all)
    }
}
