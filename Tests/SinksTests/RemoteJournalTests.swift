// SPDX-License-Identifier: Apache-2.0
internal import Desired
internal import Foundation
internal import Glibc
internal import Linux
internal import TestKit
internal import Testing

@testable internal import Logs
@testable internal import Sinks

private let program = "/lib/systemd/systemd-journal-remote"

/// The journal of another node.
@Suite(
    .enabled(if: access(program, X_OK) == 0, "systemd-journal-remote is not here"),
    .timeLimit(.minutes(3))
) struct RemoteJournalTests {
    private func start(_ folder: String, _ port: UInt16) throws -> TestProgram {
        try TestProgram(
            [
                program, "--listen-http=127.0.0.1:\(port)", "--split-mode=none",
                "--output=\(folder)/far.journal",
            ],
            log: "\(folder)/output",
            port: port
        )
    }

    @Test func `every line comes to the journal of another node, also when its receiver is killed`()
        async throws
    {
        let writer = try SpoolWriter(), port = try LoopbackServer.freePort(), count = 10_000
        var server: TestProgram? = try start(writer.folder, port)
        let bench = try SinkBench(
            .remoteJournal(SinkSettings.RemoteJournal("http://127.0.0.1:\(port)/upload"))
        )
        bench.ship(writer)
        try writer.write(lines: 0..<count / 2)
        try writer.write("bell\u{7}\n", .stderr)
        try await bench.wait(for: UInt64(count / 4))
        server?.end()
        server = try start(writer.folder, port)
        try writer.write(lines: count / 2..<count - 1)
        try await bench.wait(for: UInt64(count))
        server = nil
        let out = "\(writer.folder)/entries"
        try Shell.run("journalctl -q -D \(writer.folder) -o json --all CONTAINER_NAME=web >\(out)")
        let lines = try Descriptor.open(out, O_RDONLY).readAll(limit: 1 << 28).split(separator: 0x0A)
        let entries = try lines.compactMap {
            try JSONSerialization.jsonObject(with: Data($0)) as? [String: Any]
        }
        let numbers = entries.compactMap { ($0["MARTLET_SEQ"] as? String).flatMap(Int.init) }
        // A batch at most comes twice.
        #expect(Set(numbers) == Set(1...count) && numbers.count <= count + 2_048)
        let bell = try #require(entries.first { $0["PRIORITY"] as? String == "3" })
        #expect(bell["MESSAGE"] as? [Int] == [0x62, 0x65, 0x6C, 0x6C, 7])
        #expect(bench.status.delivery == .application)
    }
}
