// SPDX-License-Identifier: Apache-2.0
internal import Control
internal import Foundation
internal import Glibc
internal import Linux
internal import TestKit
internal import Testing

@testable internal import Agent

/// The agent's events in the journal of a node.
@Suite(.timeLimit(.minutes(3))) struct EventJournalTests {
    private static func event(_ kind: String, _ reason: String, details: [String]? = nil) -> EventRecord {
        EventRecord(
            time: "2026-03-01T12:00:00.000Z",
            kind: kind,
            app: "shop",
            service: "web",
            instance: 2,
            reason: reason,
            details: details
        )
    }

    private static func name(of descriptor: Descriptor) -> String {
        var status = stat()
        fstat(descriptor.number, &status)
        return "\(status.st_dev):\(status.st_ino)"
    }

    @Test func `the journal is where the service manager says that it is, and nowhere else`() throws {
        let pipe = try Descriptor.pipe(), other = try Descriptor.pipe()
        #expect(EventJournal.leads(pipe.write.number, to: Self.name(of: pipe.write)))
        for stream in [Self.name(of: other.write), "", ":", "1:2", Self.name(of: pipe.write) + " "] {
            #expect(!EventJournal.leads(pipe.write.number, to: stream))
        }
        #expect(EventJournal(of: "n", behind: pipe.write.number, stream: nil) == nil)
        let nowhere = EventJournal(
            of: "n",
            behind: pipe.write.number,
            stream: Self.name(of: pipe.write),
            socket: "/nonexistent/socket"
        )
        #expect(nowhere == nil)
    }

    @Test(.enabled(if: JournalServer.isThere, "systemd-journald is not here"))
    func `events are found by what they are and whose they are`() async throws {
        let server = try JournalServer(), pipe = try Descriptor.pipe()
        let journal = try #require(
            EventJournal(
                of: "node-7",
                behind: pipe.write.number,
                stream: Self.name(of: pipe.write),
                socket: server.socket
            )
        )
        try journal.write(Self.event("started", "pid 7"))
        try journal.write(Self.event("rolled-back", "it did not become healthy", details: ["one", "two"]))
        let long = String(repeating: "long ", count: 200_000)
        try journal.write(Self.event("failed", long))
        var ofNode = Self.event("limited", "nothing\tto\nsay")
        (ofNode.app, ofNode.service, ofNode.instance) = (nil, nil, nil)
        try journal.write(ofNode)
        try await server.wait("SYSLOG_IDENTIFIER=martlet", for: 4)
        let started = try #require(EventJournal.messages["started"])
        let found = try server.entries("MESSAGE_ID=\(started)")
        #expect(found.count == 1 && found[0]["MESSAGE"] as? String == "shop/web/2 pid 7")
        #expect(found[0]["PRIORITY"] as? String == "6" && found[0]["MARTLET_NODE"] as? String == "node-7")
        #expect(found[0]["CODE_FILE"] == nil)
        let ofService = try server.entries("MARTLET_APP=shop MARTLET_SERVICE=web CONTAINER_NAME=web")
        #expect(
            ofService.compactMap { $0["MARTLET_EVENT"] as? String } == ["started", "rolled-back", "failed"]
        )
        #expect(ofService.compactMap { $0["PRIORITY"] as? String } == ["6", "4", "4"])
        #expect(ofService.last?["MESSAGE"] as? String == "shop/web/2 \(long)")
        #expect(ofService[1]["MARTLET_DETAILS"] as? String == "one\ntwo")
        let limited = try #require(try server.entries("MARTLET_EVENT=limited").first)
        #expect(limited["MESSAGE"] as? String == "nothing\tto\nsay" && limited["MARTLET_APP"] == nil)
        #expect(limited["MESSAGE_ID"] == nil)
    }

    @Test(
        arguments: [
            ("fenced", 3), ("refused", 4), ("degraded", 4), ("branched", 4), ("missed", 4), ("repaired", 4),
            ("logs", 4), ("failed", 4), ("held", 5), ("memory", 5), ("started", 6), ("converged", 6),
        ]
    )
    func `an event is as urgent as what is to be done about it, which its mark explains`(
        _ kind: String,
        _ priority: Int
    ) {
        #expect(EventJournal.priority(of: kind) == priority)
        let isMarked = EventJournal.messages[kind] != nil
        #expect(isMarked == (kind != "memory"))
    }

    @Test func `each mark is of 128 bits, and of one kind alone`() {
        let marks = EventJournal.messages.values
        #expect(Set(marks).count == marks.count)
        #expect(marks.allSatisfy { $0.count == 32 && $0.allSatisfy(\.isHexDigit) && $0 == $0.lowercased() })
    }

    @Test(.enabled(if: JournalServer.isThere, "systemd-journald is not here"))
    func `the journal's catalog explains each of them, and has no other`() throws {
        let root = try Shell.run("mktemp -d").trimmingCharacters(in: .whitespacesAndNewlines)
        defer { _ = try? Shell.run("rm -rf \(root)") }
        let list = try Shell.run(
            """
            set -e; mkdir -p \(root)/usr/lib/systemd/catalog \(root)/var/lib/systemd/catalog
            cp Units/catalog/martlet.catalog \(root)/usr/lib/systemd/catalog
            journalctl --root=\(root) --update-catalog >&2; journalctl --root=\(root) --list-catalog
            """
        )
        let known = list.split(separator: "\n").map { $0.prefix { $0 != " " } }
        #expect(known.sorted() == EventJournal.messages.values.map { Substring($0) }.sorted(), "\(list)")
        #expect(list.split(separator: "\n").allSatisfy { $0.contains(" Martlet: ") }, "\(list)")
    }
}
