// SPDX-License-Identifier: Apache-2.0
internal import Glibc
internal import Synchronization
internal import TestKit
internal import Testing
internal import Transfer

@testable internal import Logs
@testable internal import Sinks

@Suite(.timeLimit(.minutes(2))) struct ArchiveReadTests {
    /// Lines of 1 KiB that cannot be packed well, a second apart from each other.
    private static func store(_ services: [String], lines: Int, size: Int = 2 << 20) throws -> WatchedStore {
        let store = try WatchedStore()
        let noise = try Shell.run("head -c \(750 * lines) /dev/urandom | base64 -w 1000").split(
            separator: "\n"
        )
        for service in services {
            let writer = try SpoolWriter(service)
            for (number, noise) in noise.enumerated() {
                try writer.write(
                    "\(service) \(number) \(noise)\n",
                    time: UInt64(1_000 + number) * 1_000_000_000
                )
            }
            let archive = try ArchiveBench(store, size: size)
            archive.add(writer, SpoolWriter.origin(service), isLive: false)
            archive.drain()
        }
        return store
    }

    @Test func `of a large archive only the members are read that are asked for`() throws {
        let store = try Self.store(["web"], lines: 8_000)
        let sizes = try Shell.run("cat $(find \(store.path) -name '*.gz') | wc -c")
        let all = try #require(Int(sizes.filter(\.isNumber)))
        #expect(try store.names().count == 4 && all > 6_000_000)
        store.state.withLock { $0 = .init() }

        let (from, to) = (UInt64(4_500) * 1_000_000_000, UInt64(4_599) * 1_000_000_000)
        let lines = try store.lines(ArchiveQuery(node: "node-7", times: from...to))
        #expect(lines.map { $0.split(separator: " ")[1] } == (3_500..<3_600).map { "\($0)" })
        // A list; of one object its index and the one or two members with these lines, which lie side by side.
        let state = store.state.withLock { ($0.lists, $0.gets, $0.bytesRead) }
        #expect(state.0 == 1 && state.1 == 2)
        #expect(state.2 <= 2 * 260 << 10)

        store.state.withLock { $0 = .init() }
        #expect(try store.lines(ArchiveQuery(node: "node-7", app: "shop", service: "api")) == [])
        #expect(store.state.withLock(\.gets) == 0)
        #expect(try store.lines().count == 8_000)
        // All of it: what is read is what is there, and each index once.
        #expect(store.state.withLock(\.bytesRead) <= all + 4 * 8_192)
    }

    @Test func `several instances are one log in the order of time`() throws {
        let store = try Self.store(["api", "web"], lines: 500)
        let lines = try store.lines().map { $0.split(separator: " ").prefix(2).joined(separator: " ") }
        #expect(lines == (0..<500).flatMap { ["api \($0)", "web \($0)"] })
    }

    @Test(arguments: ["cut", "flip", "index", "garbage", "gone"])
    func `an object that is damaged is named, and the others are read`(_ damage: String) throws {
        let store = try Self.store(["web"], lines: 2_400, size: 600 << 10)
        let name = try store.names()[1], path = "\(store.path)/\(name)"
        var reader = try ArchiveReader(
            store,
            prefix: "logs",
            ArchiveQuery(node: "node-7"),
            in: TransferScope()
        )
        let command =
            switch damage {
            case "cut": "truncate -s -1 \(path)"
            case "flip": "printf '\\377\\376' | dd of=\(path) bs=1 seek=1000 conv=notrunc status=none"
            case "index":
                "printf X | dd of=\(path) bs=1 seek=$(($(stat -c %s \(path)) - 40)) conv=notrunc status=none"
            case "garbage": "head -c 100000 /dev/urandom > \(path)"
            default: "rm \(path)"
            }
        _ = try Shell.run(command)
        if damage != "gone" {
            reader = try ArchiveReader(
                store,
                prefix: "logs",
                ArchiveQuery(node: "node-7"),
                in: TransferScope()
            )
        }
        var (damaged, numbers): ([String], [Int]) = ([], [])
        while let item = try reader.next() {
            switch item {
            case .damaged(let why): damaged.append(why)
            case .event(.line(let line), _, _, _):
                numbers.append(
                    try #require(Int(String(decoding: line.bytes, as: UTF8.self).split(separator: " ")[1]))
                )
            case .event: Issue.record("\(item)")
            }
        }
        #expect(damaged.count == 1 && damaged.allSatisfy { $0.hasPrefix("\(name): ") })
        #expect(numbers == numbers.sorted() && Set(numbers).count == numbers.count)
        #expect(numbers.count <= 1_850 && numbers.count >= 1_750)
        #expect(numbers.first == 0 && numbers.last == 2_399)
    }

    @Test func `names that are not ours are left alone`() throws {
        let store = try Self.store(["web"], lines: 3)
        let folder = "\(store.path)/logs/node-7/shop/web"
        _ = try Shell.run(
            "echo hello > \(folder)/README && mkdir -p \(folder)/0/c/2026/01/01 && touch \(folder)/0/c/2026/01/01/x-1-2.mlog.gz"
        )
        #expect(try store.lines().count == 3)
    }
}
