// SPDX-License-Identifier: Apache-2.0
internal import Synchronization
internal import TestKit
internal import Testing
internal import Transfer

@testable internal import Logs
@testable internal import Sinks

@Suite(.timeLimit(.minutes(2))) struct ArchiveTests {
    @Test func `what is archived is read back, each line once and in order, and gzip reads it too`() throws {
        let store = try WatchedStore(), writer = try SpoolWriter()
        let archive = try ArchiveBench(store, size: 128 << 10)
        try writer.write(lines: 0..<20_000)
        archive.add(writer)
        archive.drain()
        #expect(try store.lines() == (0..<20_000).map { "line \($0)" })
        #expect(archive.gauge.current.linesOut == 20_000)
        let names = try store.names()
        #expect(names.count == 2)
        #expect(names.allSatisfy { $0.hasPrefix("logs/node-7/shop/web/0/0123456789abcdef/20") })
        let read = try Shell.run(
            "python3 Tests/SinksTests/Receivers/archive_reader.py $(find \(store.path) -name '*.gz' | sort)"
        )
        #expect(read.split(separator: "\n").map(String.init) == (0..<20_000).map { "line \($0)" })
        let plain = try Shell.run(
            "cd \(store.path) && zcat \(names.joined(separator: " ")) | grep -c ' stdout F line '"
        )
        #expect(plain.filter(\.isNumber) == "20000")
    }

    @Test(arguments: [WatchedStore.Death.beforePut, .behindPut])
    func `whoever is killed while an object is stored leaves one that the next makes again`(
        _ death: WatchedStore.Death
    ) throws {
        let store = try WatchedStore(), writer = try SpoolWriter()
        var written = 0
        for _ in 0..<5 {
            store.state.withLock { $0.death = death }
            let archive = try ArchiveBench(store, every: .zero, size: 1 << 20)
            try writer.write(lines: written..<written + 3_000)
            written += 3_000
            archive.add(writer)
            archive.waitForEnd()
        }
        // Lines that came after the crash do not move the end of the object that was being stored.
        try writer.write(lines: written..<written + 3_000)
        let last = try ArchiveBench(store)
        last.add(writer)
        last.drain()
        #expect(try store.lines() == (0..<written + 3_000).map { "line \($0)" })
        let puts = store.state.withLock(\.puts)
        #expect(Set(puts) == Set(try store.names()))
        if death == .behindPut { #expect(puts.count > Set(puts).count) }
    }

    @Test func `an archive whose place is lost begins anew, and no line is read twice`() throws {
        let store = try WatchedStore(), writer = try SpoolWriter()
        for count in [4_000, 6_000] {
            try writer.write(lines: (count == 4_000 ? 0 : 4_000)..<count)
            let archive = try ArchiveBench(store)
            archive.add(writer)
            archive.drain()
            _ = try Shell.run("rm \(writer.path)/old.cursor")
        }
        #expect(try store.names().count == 2)
        #expect(try store.lines() == (0..<6_000).map { "line \($0)" })
    }

    @Test func `an object is stored once its first line is old, or much waits, or no more will come`()
        async throws
    {
        let store = try WatchedStore(), old = try SpoolWriter("old"), large = try SpoolWriter("large")
        let ended = try SpoolWriter("ended"), young = try SpoolWriter("young")
        let archive = try ArchiveBench(store, every: .seconds(3_600), size: 100_000)
        try old.write("old\n", time: SinkClock.now - 3_700 * 1_000_000_000)
        try large.write(lines: 0..<20_000)
        try ended.write("ended\n")
        try young.write("young\n")
        for (writer, isLive) in [(old, true), (large, true), (ended, false), (young, true)] {
            archive.add(
                writer,
                SpoolWriter.origin(String(writer.path.split(separator: "/").last ?? "")),
                isLive: isLive
            )
        }
        while store.state.withLock(\.puts.count) < 3 { try await Task.sleep(for: .milliseconds(5)) }
        let puts = store.state.withLock(\.puts)
        #expect(!puts.contains { $0.contains("/young/") })
        #expect(Set(puts.map { $0.split(separator: "/")[3] }) == ["old", "large", "ended"])
        #expect(archive.events.contains(.sent(ended.path)))
        archive.drain()
        #expect(try store.lines(ArchiveQuery(node: "node-7", service: "young")) == ["young"])
    }

    @Test func `what a full spool has dropped is in the archive as a gap with its counts`() throws {
        let store = try WatchedStore()
        let writer = try SpoolWriter(limits: SpoolLimits(segmentBytes: 64 << 10, totalBytes: 256 << 10))
        try writer.write(lines: 0..<100_000)
        let archive = try ArchiveBench(store)
        archive.add(writer)
        archive.drain()
        let items = try store.items()
        guard case .event(.gap(let gap), "shop", "web", 0) = items.first else {
            Issue.record("\(items.prefix(2))")
            return
        }
        #expect(Int(gap.lines) + items.count - 1 == 100_000)
        #expect(archive.gauge.current.missing[.dropped, default: 0] == gap.lines)
    }
}
