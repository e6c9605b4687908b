// SPDX-License-Identifier: Apache-2.0
internal import Images
internal import Testing

@testable internal import Agent

/// What the records say of a generation on its way, also to an agent that comes after a crash.
@Suite struct StageTests {
    private func stages(_ records: Records) async -> [String] {
        var found: [String] = []
        for generation in await records.history(app: "shop").reversed() {
            found.append(await records.outcome(app: "shop", number: generation.number).rawValue)
        }
        return found
    }

    @Test func `a generation is rolling, then current, and the one before is what a failure goes back to`()
        async throws
    {
        let folder = try RecordsFolder()
        var records = try await folder.open()
        try await records.accept(.sample("shop", 1))
        #expect(await records.apps["shop"]?.stage == .rolling)
        #expect(await records.fallback(app: "shop") == nil)
        try await records.confirm(app: "shop")
        try await records.accept(.sample("shop", 2))
        records = try await folder.open()
        #expect(await stages(records) == ["superseded", "rolling"])
        #expect(await records.fallback(app: "shop") == .sample("shop", 1))
        // One that takes the place of another on its way goes back to where that came from.
        try await records.accept(.sample("shop", 3))
        #expect(await records.fallback(app: "shop") == .sample("shop", 1))
        try await records.confirm(app: "shop")
        try await records.confirm(app: "shop")
        #expect(await stages(records) == ["superseded", "superseded", "current"])
    }

    @Test func `one that is given up is remembered, and the one before is current in the same write`()
        async throws
    {
        let folder = try RecordsFolder()
        var records = try await folder.open()
        try await records.reach(.sample("shop", 1))
        try await records.accept(.sample("shop", 2))
        try await records.giveUp(app: "shop", reason: String(repeating: "x", count: 5_000))
        for isReboot in [false, true] {
            if isReboot { try folder.reboot() }
            records = try await folder.open()
            #expect(await records.apps["shop"]?.generation == .sample("shop", 1))
            #expect(await records.apps["shop"]?.stage == .current)
            #expect(await stages(records) == ["current", "rolled-back"])
            #expect(await records.failures(app: "shop").first?.reason.count == 1_000)
            #expect(await records.nextNumber(app: "shop") == 3)
        }
        await #expect(throws: AgentError.self) { try await records.giveUp(app: "shop", reason: "again") }
        // Tried again, it may be good.
        try await records.accept(.sample("shop", 2))
        #expect(await records.fallback(app: "shop") == .sample("shop", 1))
        try await records.confirm(app: "shop")
        #expect(await records.failures(app: "shop").isEmpty)
        #expect(await stages(records) == ["superseded", "current"])
    }

    @Test func `the same from elsewhere goes nowhere, and none goes back to itself`() async throws {
        let folder = try RecordsFolder()
        let records = try await folder.open()
        try await records.reach(.sample("shop", 1))
        try await records.reach(.sample("shop", 2))
        try await records.accept(.sample("shop", 2, source: "git"))
        #expect(await records.apps["shop"]?.stage == .current)
        #expect(await records.apps["shop"]?.generation.source == "git")
        // To the one before, while a third is on its way.
        try await records.accept(.sample("shop", 3))
        try await records.accept(.sample("shop", 2))
        #expect(await records.apps["shop"]?.stage == .rolling)
        #expect(await records.fallback(app: "shop") == nil)
    }

    @Test func `one that failed and stays is failed, and what follows goes back behind it`() async throws {
        let folder = try RecordsFolder()
        let records = try await folder.open()
        try await records.reach(.sample("shop", 1))
        try await records.accept(.sample("shop", 2))
        try await records.fail(app: "shop", reason: "paused")
        #expect(await stages(records) == ["superseded", "failed"])
        try await records.accept(.sample("shop", 3))
        #expect(await stages(records) == ["superseded", "failed", "rolling"])
        #expect(await records.fallback(app: "shop") == .sample("shop", 1))
        await #expect(throws: AgentError.self) { try await records.fail(app: "other", reason: "") }
    }

    @Test func `an app says how many of its generations are kept, and failures go with theirs`() async throws
    {
        let folder = try RecordsFolder()
        let records = try await folder.open(keep: 9)
        try await records.reach(.sample("shop", 1))
        try await records.accept(.sample("shop", 2))
        try await records.giveUp(app: "shop", reason: "no")
        for number in 3...6 {
            try await records.reach(
                Generation(
                    app: "shop",
                    number: number,
                    digest: "sha256:\(number)",
                    model: "{}",
                    images: [:],
                    source: "push",
                    caller: "",
                    acceptedAt: 1,
                    keep: 2
                )
            )
        }
        #expect(await records.history(app: "shop").map(\.number) == [6, 5])
        #expect(await records.failures(app: "shop").isEmpty)
    }

    @Test func `a record of an agent that knew no stages counts`() throws {
        let old =
            #"{"app":"shop","number":1,"digest":"d","model":"{}","images":{},"source":"","caller":"","acceptedAt":1}"#
        let entry = try #require(
            Seal.open(
                Ledger.Entry.self,
                sealed(#"{"newest":1,"record":{"generation":\#(old),"stopped":[]},"revision":3}"#)
            )
        )
        #expect(
            entry.record.stage == .current && entry.failures == nil && entry.record.generation.keep == nil
        )
    }

    /// The text sealed as `docs/formats/records.md` has it.
    private func sealed(_ content: String) -> [UInt8] {
        Array("{\"checksum\":\"\(Digest(of: Array(content.utf8)))\",\"content\":\(content)}".utf8)
    }
}
