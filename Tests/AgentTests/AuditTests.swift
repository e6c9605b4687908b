// SPDX-License-Identifier: Apache-2.0
internal import Control
internal import Glibc
internal import Linux
internal import TestKit
internal import Testing

@testable internal import Agent

@Suite struct AuditTests {
    private func withFolder(_ body: (String) async throws -> Void) async throws {
        let folder = "/var/tmp/martlet-audit-\(getpid())-\(UInt32.random(in: 0 ... .max))"
        defer { _ = try? Shell.run("rm -rf \(folder)") }
        try await body(folder)
    }

    private func entry(_ number: Int, size: Int = 1_500) -> AuditRecord {
        AuditRecord(
            caller: "test",
            action: "\(number)",
            subject: "",
            result: "accepted",
            reason: String(repeating: "a", count: size)
        )
    }

    /// Puts an entry on record, and waits until `head` tells of it.
    private func append(_ entry: AuditRecord, to audit: Audit) async {
        await audit.append(entry)
        await audit.settle()
    }

    @Test func `the chain goes on from file to file, and a file that is taken away is missed`() async throws {
        try await withFolder { folder in
            // Files of nearly their largest, as if much had been recorded.
            let audit = Audit(folder: folder, events: EventLog())
            var written = 0
            func fill(_ files: Int) async throws {
                for _ in 0..<files {
                    await audit.append(entry(written))
                    written += 1
                    // Its last line grows: the file is full, and the next record begins another one.
                    try Shell.run("truncate -s \(AuditFiles.maximumFile) \(folder)/log")
                    try Shell.run("tr -d '\\000' <\(folder)/log >\(folder)/small")
                    await audit.append(entry(written))
                    written += 1
                    try Shell.run("cd \(folder) && [ -e log.1 ] && cat small >log.1")
                }
            }
            try await fill(3)
            var verdict = try await audit.verdict()
            #expect(verdict.fault == nil && verdict.first == 1 && verdict.last == written, "\(verdict)")
            // The oldest goes in the end, and is known to have gone.
            try await fill(AuditFiles.older)
            verdict = try await audit.verdict()
            #expect(verdict.fault == nil && verdict.first > 1 && verdict.last == written, "\(verdict)")
            // Another agent goes on with the same.
            let next = Audit(folder: folder, events: EventLog())
            await next.append(entry(written))
            written += 1
            verdict = try await next.verdict()
            #expect(verdict.fault == nil && verdict.last == written, "\(verdict)")
            for file in ["log", "log.1", "log.2", "log.3"] {
                try Shell.run("mv \(folder)/\(file) \(folder)/away")
                #expect(try await next.verdict().fault != nil, "\(file)")
                try Shell.run("mv \(folder)/away \(folder)/\(file)")
            }
            #expect(try await next.verdict().fault == nil)
        }
    }

    @Test func `a line that a crash cut off is taken away, and one that head does not know is taken over`()
        async throws
    {
        try await withFolder { folder in
            let audit = Audit(folder: folder, events: EventLog())
            await append(entry(1, size: 10), to: audit)
            try Shell.run("cp \(folder)/head \(folder)/kept")
            await append(entry(2, size: 10), to: audit)
            try Shell.run("cp \(folder)/kept \(folder)/head && printf 'abc' >>\(folder)/log")
            let next = Audit(folder: folder, events: EventLog())
            await next.append(entry(3, size: 10))
            let verdict = try await next.verdict()
            #expect(verdict.fault == nil && verdict.first == 1 && verdict.last == 3, "\(verdict)")
        }
    }

    @Test func `a crash while the oldest file goes is no damage, and a head that cannot be read is`()
        async throws
    {
        try await withFolder { folder in
            let audit = Audit(folder: folder, events: EventLog())
            // A record a file, each full of empty lines; those of the older ones are not needed any more.
            for number in 0...AuditFiles.older {
                await append(entry(number, size: 10), to: audit)
                try Shell.run("for f in \(folder)/log.*; do [ ! -e $f ] || sed -i '/^$/d' $f; done")
                try Shell.run("head -c \(AuditFiles.maximumFile) /dev/zero | tr '\\0' '\\n' >>\(folder)/log")
            }
            let files = AuditFiles(folder: folder), count = AuditFiles.older + 1
            let oldest = try #require(try files.lines(AuditFiles.older).last.flatMap(AuditChain.json))
            var head = try #require(try files.head())
            head.before = AuditChain(seq: 1, hash: oldest.hash)
            // As far as an agent came: it has written the head, moved one file, and all of them.
            for moved in [nil, 0, 1, count] {
                let crashed = AuditFiles(folder: "\(folder).\(moved ?? -1)")
                defer { _ = try? Shell.run("rm -r \(crashed.folder)") }
                try Shell.run("cp -r \(folder) \(crashed.folder)")
                if let moved {
                    try crashed.write(head)
                    for age in (0...AuditFiles.older - 1).reversed().prefix(moved) {
                        try Shell.run("mv \(crashed.file(age)) \(crashed.file(age + 1))")
                    }
                }
                let next = Audit(folder: crashed.folder, events: EventLog())
                var verdict = try await next.verdict()
                #expect(verdict.fault == nil && verdict.last == count, "\(moved ?? -1): \(verdict)")
                #expect(verdict.first == (moved == nil ? 1 : 2))
                await next.append(entry(count, size: 10))
                verdict = try await next.verdict()
                #expect(verdict.fault == nil && verdict.last == count + 1, "\(moved ?? -1): \(verdict)")
                #expect(verdict.first == 2)
                // What the head does not tell of is no place for lines of somebody else's.
                try Shell.run("sed -i '1s/^./x/' \(crashed.file(AuditFiles.older))")
                #expect(try await next.verdict().fault != nil)
            }
            try Shell.run("echo nonsense >\(folder)/head")
            let next = Audit(folder: folder, events: EventLog())
            #expect(try await next.verdict().fault?.contains("head") == true)
            await next.append(entry(count))
            #expect(await next.fault?.contains("head") == true)
        }
    }

    @Test func `an audit that cannot be written says so once, and stops nothing`() async throws {
        try await withFolder { folder in
            try Shell.run("mkdir \(folder) && : >\(folder)/file")
            let events = EventLog()
            let audit = Audit(folder: "\(folder)/file/audit", events: events)
            for number in 0..<3 { await audit.append(entry(number)) }
            #expect(await audit.fault != nil)
            #expect(events.counts == ["failed": 1])
        }
    }

    @Test func `strangers cause only so many records, and the rest are counted`() {
        var allowance = StrangerAllowance()
        let now = ContinuousClock.now
        for _ in 0..<StrangerAllowance.burst { #expect(allowance.take(at: now) == 0) }
        for _ in 0..<5 { #expect(allowance.take(at: now) == nil) }
        #expect(allowance.take(at: now + StrangerAllowance.pace + .seconds(1)) == 5)
        #expect(allowance.take(at: now + StrangerAllowance.pace + .seconds(1)) == nil)
    }

    @Test func `what is refused to one caller pushes out nothing, and is short`() async throws {
        try await withFolder { folder in
            let audit = Audit(folder: folder, events: EventLog())
            func refuse(_ caller: String) async {
                let word = String(repeating: "a", count: 10_000)
                await audit.append(
                    AuditRecord(caller: caller, action: "", subject: word, result: "refused", reason: word)
                )
            }
            for pid in 0..<200 { await refuse("uid 7 pid \(pid)") }
            await refuse("token ci")
            await audit.append(entry(1))
            let verdict = try await audit.verdict()
            #expect(verdict.fault == nil && verdict.last == StrangerAllowance.burst + 2, "\(verdict)")
            for await record in try await audit.records(last: 200) where record.result == "refused" {
                #expect(record.subject.utf8.count == 256 && record.reason.utf8.count == 256)
            }
        }
    }

    @Test func `events are remembered by the next agent, but for a torn line`() async throws {
        try await withFolder { folder in
            let log = EventLog(folder: folder)
            log.append(.started, app: "a", service: "b", instance: 1, "once")
            log.finish()
            try Shell.run("printf '{\"time\":' >>\(folder)/log")
            let next = EventLog(folder: folder)
            var found: [String] = []
            for await event in next.stream(since: 3_600, follow: false) {
                found.append("\(event.kind) \(event.reason)")
            }
            #expect(found == ["started once"])
            #expect(next.counts.isEmpty)
        }
    }
}
