// SPDX-License-Identifier: Apache-2.0
internal import Linux
internal import TestKit
internal import Testing

@testable internal import Agent

@Suite struct RecordsTests {
    /// Two apps, one of them with a history and a stopped instance.
    private func filled(_ folder: borrowing RecordsFolder) async throws -> Records {
        let records = try await folder.open()
        for number in 1...3 { try await records.accept(.sample("shop", number)) }
        try await records.setStopped(app: "shop", names: ["web/2", "db/1"])
        try await records.accept(.sample("blog", 1, model: "{\"text\":\"ü\\u0000 \\\"\"}"))
        return records
    }

    @Test func `what was accepted comes back from either copy alone`() async throws {
        let folder = try RecordsFolder()
        let apps = try await filled(folder).apps
        #expect(apps.keys.sorted() == ["blog", "shop"])
        #expect(
            apps["shop"]
                == AppRecord(generation: .sample("shop", 3), stopped: ["web/2", "db/1"], stage: .rolling)
        )

        try folder.reboot()
        let fromDatabase = try await folder.open()
        #expect(await fromDatabase.apps == apps)
        #expect(await fromDatabase.history(app: "shop").map(\.number) == [3, 2, 1])
        #expect(await fromDatabase.generation(app: "shop", number: 2) == .sample("shop", 2))
        #expect(await fromDatabase.verify().isEmpty)

        try Shell.run("rm -r \(folder.state)")
        let fromRuntime = try await folder.open()
        #expect(await fromRuntime.apps == apps)
        #expect(await fromRuntime.history(app: "shop").map(\.number) == [3])
        #expect(await fromRuntime.nextNumber(app: "shop") == 4)
    }

    @Test func `the newest five generations, the current and the previous one are kept`() async throws {
        let folder = try RecordsFolder()
        let records = try await folder.open()
        for number in 1...8 { try await records.reach(.sample("shop", number)) }
        #expect(await records.history(app: "shop").map(\.number) == [8, 7, 6, 5, 4])

        try await records.reach(.sample("shop", 4))  // back to one that was accepted before
        try await records.reach(.sample("shop", 4))
        #expect(await records.apps["shop"]?.generation.number == 4)
        #expect(await records.nextNumber(app: "shop") == 9)
        try await records.reach(.sample("shop", 9))
        try await records.reach(.sample("shop", 5))
        for number in 10...14 {
            try await records.reach(.sample("shop", number))
            try await records.reach(.sample("shop", 5))
        }
        #expect(await records.history(app: "shop").map(\.number) == [14, 13, 12, 11, 10, 5])

        try Shell.run("rm -r \(folder.state)")
        let reopened = try await folder.open()
        #expect(await reopened.apps["shop"]?.generation.number == 5)
        #expect(await reopened.nextNumber(app: "shop") == 15)
    }

    @Test func `the number of kept generations is the node's`() async throws {
        let folder = try RecordsFolder()
        let records = try await folder.open(keep: 2)
        for number in 1...4 { try await records.accept(.sample("shop", number)) }
        #expect(await records.history(app: "shop").map(\.number) == [4, 3])
    }

    @Test(arguments: [
        (Generation.sample("../shop", 1), "not the name of an app"),
        (Generation.sample("", 1), "not the name of an app"),
        (Generation.sample("shop", 0), "the next one is 2"),
        (Generation.sample("shop", .max), "the next one is 2"),
        (Generation.sample("shop", 1), "the next one is 2"),
    ])
    func `a generation that cannot be is refused`(_ generation: Generation, _ cause: String) async throws {
        try await refused(generation, cause)
    }

    @Test func `a generation that is too large is refused`() async throws {
        let model = String(repeating: "\u{1}", count: 3 << 20)
        try await refused(.sample("blog", 1, model: model), "larger than 16 MiB: split the app")
    }

    private func refused(_ generation: Generation, _ cause: String) async throws {
        let folder = try RecordsFolder()
        let records = try await folder.open()
        let other = Generation(
            app: "shop",
            number: 1,
            digest: "sha256:other",
            model: "",
            images: [:],
            source: "",
            caller: "",
            acceptedAt: 0
        )
        try await records.accept(other)
        let error = await #expect(throws: AgentError.self) { try await records.accept(generation) }
        #expect(error?.cause.contains(cause) == true, "\(String(describing: error))")
        #expect(await records.apps.mapValues(\.generation) == ["shop": other])
    }

    @Test func `an app that was removed is gone for good, and its numbers start anew`() async throws {
        let folder = try RecordsFolder()
        let records = try await filled(folder)
        try await records.remove(app: "shop")
        try await records.remove(app: "shop")
        await #expect(throws: AgentError.self) { try await records.setStopped(app: "shop", names: []) }
        #expect(try await folder.open().apps.keys.sorted() == ["blog"])
        try folder.reboot()
        #expect(try await folder.open().apps.keys.sorted() == ["blog"])
        #expect(await records.nextNumber(app: "shop") == 1)
    }

    @Test(arguments: RecordFault.all)
    func `a database that was damaged while closed is made anew`(_ fault: RecordFault) async throws {
        let folder = try RecordsFolder()
        let apps = try await filled(folder).apps
        try fault.strike(folder)
        let records = try await folder.open()
        #expect(await records.apps == apps)
        #expect(await records.conditions.isEmpty)
        #expect(folder.exists("\(folder.database).damaged") == fault.isKept)
        _ = await records.verify()
        #expect(await records.verify().isEmpty)
        try folder.reboot()
        #expect(try await folder.open().apps == apps)
    }

    @Test(arguments: RecordFault.all)
    func `a database that was damaged while open is made anew`(_ fault: RecordFault) async throws {
        let folder = try RecordsFolder()
        let records = try await filled(folder)
        let apps = await records.apps, history = await records.history(app: "shop")
        #expect(await records.verify().isEmpty)
        try fault.strike(folder)
        let repairs = await records.verify()
        let isHarmless = fault.testDescription.contains("journal")
        #expect(repairs.map(\.path) == (isHarmless ? [] : [folder.database]), "\(repairs)")
        #expect(await records.verify().isEmpty)
        #expect(await records.conditions.isEmpty)
        #expect(folder.exists("\(folder.database).damaged") == fault.isKept)
        try folder.reboot()
        let reopened = try await folder.open()
        #expect(await reopened.apps == apps)
        #expect(await reopened.history(app: "shop") == history)
    }

    @Test(arguments: RecordFault.all)
    func `what is accepted before the damage was noticed is not lost`(_ fault: RecordFault) async throws {
        let folder = try RecordsFolder()
        let records = try await filled(folder)
        try fault.strike(folder)
        try await records.accept(.sample("shop", 4))
        let apps = await records.apps
        #expect(apps["shop"]?.generation.number == 4)
        try folder.reboot()
        let reopened = try await folder.open()
        #expect(await reopened.apps == apps)
        #expect(await reopened.history(app: "shop").map(\.number) == [4, 3, 2, 1])
    }

    @Test func `one damaged database is kept, the latest`() async throws {
        let folder = try RecordsFolder()
        let records = try await filled(folder)
        for text in ["first", "second"] {
            try folder.overwrite(folder.database, Array(text.utf8))
            #expect(await records.verify().count == 1)
        }
        #expect(try folder.bytes("\(folder.database).damaged") == Array("second".utf8))
        #expect(try Shell.run("ls -A \(folder.state)") == "agent.db\nagent.db.damaged\n")
        #expect(try Shell.run("stat -c %a \(folder.database)") == "600\n")
    }

    @Test func `good rows of a damaged database come back after a reboot`() async throws {
        let folder = try RecordsFolder()
        let apps = try await filled(folder).apps
        try Shell.run("sqlite3 \(folder.database) 'CREATE TABLE other (a)'")
        try folder.reboot()
        #expect(try await folder.open().apps == apps)

        // The entry itself is lost: the app goes on with its newest generation.
        try folder.flip("web/2", in: folder.database)
        try folder.reboot()
        let records = try await folder.open()
        #expect(await records.apps["shop"] == AppRecord(generation: .sample("shop", 3)))
        #expect(await records.verify().map(\.fault) == ["has 1 damaged rows"])
    }

    @Test(arguments: [
        ("rm apps/shop.json", "is gone"),
        (": > apps/shop.json", "is damaged"),
        ("sed -i 's/4711/4710/' apps/shop.json", "is damaged"),
        ("cp apps/blog.json apps/shop.json", "is damaged"),
        ("rm apps/shop.json && mkdir -p apps/shop.json/a/b", "is damaged"),
        ("ln -sf blog.json apps/shop.json", "is damaged"),
        ("rm apps/shop.json && mkfifo apps/shop.json", "is damaged"),
        ("rm -r apps && mkdir apps && cp -r /etc/hostname apps/shop.json", "is damaged"),
    ])
    func `a damaged copy in the runtime folder is written anew`(
        _ command: String,
        _ fault: String
    ) async throws {
        let folder = try RecordsFolder()
        let records = try await filled(folder)
        let apps = await records.apps
        try Shell.run("cd \(folder.runtime) && \(command)")
        let repairs = await records.verify()
        #expect(
            repairs.contains(RecordRepair(path: "\(folder.mirror)/shop.json", fault: fault)),
            "\(repairs)"
        )
        #expect(await records.verify().isEmpty)
        try Shell.run("cd \(folder.runtime) && \(command)")
        #expect(try await folder.open().apps == apps)
        try Shell.run("rm -r \(folder.state)")
        #expect(try await folder.open().apps == apps)
    }

    @Test(arguments: ["rm -r apps", "rm -r apps && touch apps", "rm -r apps && ln -s /etc apps"])
    func `the runtime folder's own folder is made anew`(_ command: String) async throws {
        let folder = try RecordsFolder()
        let records = try await filled(folder)
        let apps = await records.apps
        try Shell.run("cd \(folder.runtime) && \(command)")
        #expect(await records.verify().count == 2)
        #expect(await records.conditions.isEmpty)
        try Shell.run("rm -r \(folder.state)")
        #expect(try await folder.open().apps == apps)
    }

    @Test func `a copy of no app is set aside`() async throws {
        let folder = try RecordsFolder()
        let apps = try await filled(folder).apps
        try Shell.run("cd \(folder.mirror) && cp shop.json ghost.json && : > .x.json && : > empty.json")
        let records = try await folder.open()
        #expect(await records.apps == apps)
        #expect(
            try Shell.run("ls \(folder.mirror)")
                == "blog.json\nempty.json.damaged\nghost.json.damaged\nshop.json\n"
        )
    }

    /// An accept that ended between its two writes, in either order, and one that was undone by a reboot.
    @Test(arguments: [true, false])
    func `of two copies the newer wins`(_ databaseIsNewer: Bool) async throws {
        let folder = try RecordsFolder()
        let records = try await filled(folder)
        let older = databaseIsNewer ? folder.runtime : folder.state
        try Shell.run("cp -a \(older) \(folder.path)/older")
        try await records.accept(.sample("shop", 4))
        try await records.setStopped(app: "shop", names: ["web/9"])
        try await records.accept(.sample("wiki", 1))
        try await records.accept(.sample("shop", 2))
        let apps = await records.apps
        try Shell.run("rm -r \(older) && mv \(folder.path)/older \(older)")
        #expect(try await folder.open().apps == apps)
        try Shell.run("rm -r \(databaseIsNewer ? folder.state : folder.runtime)")
        #expect(try await folder.open().apps == apps)
    }

    @Test func `both lost at once is a new start`() async throws {
        let folder = try RecordsFolder()
        _ = try await filled(folder)
        try Shell.run("for f in \(folder.database) \(folder.mirror)/*; do echo garbage > $f; done")
        let records = try await folder.open()
        #expect(await records.apps.isEmpty)
        #expect(await records.verify().count == 3)
        try await records.accept(.sample("shop", 1))
        try folder.reboot()
        #expect(try await folder.open().apps.count == 1)
    }

    @Test func `on a full disk the runtime folder carries on, and the database follows when it can`()
        async throws
    {
        let folder = try RecordsFolder()
        try Shell.run("mount -t tmpfs -o size=128k none \(folder.state)")
        let records = try await filled(folder)
        let fill = "dd if=/dev/zero of=\(folder.state)/ballast bs=4k 2>/dev/null || true"
        try Shell.run(fill)
        try await records.accept(.sample("shop", 4, model: String(repeating: "x", count: 20_000)))
        try await records.remove(app: "blog")
        var condition = await records.conditions.first
        #expect(condition?.subject == folder.database)
        #expect(condition?.cause.contains("full") == true, "\(String(describing: condition))")
        let apps = await records.apps
        #expect(await records.verify().isEmpty)

        // Damaged on top of it: still nothing is lost, and what is there is not set aside for nothing.
        try folder.overwrite(folder.database, Array("garbage".utf8))
        try Shell.run(fill)
        let reopened = try await folder.open()
        #expect(await reopened.apps == apps)
        condition = await reopened.conditions.first
        #expect(condition?.operation == "write")

        try Shell.run("rm \(folder.state)/ballast")
        #expect(await reopened.verify().map(\.path) == [folder.database])
        #expect(await reopened.conditions.isEmpty)
        try folder.reboot()
        #expect(try await folder.open().apps == apps)
    }

    @Test func `without a state folder the agent still runs, without both it says so`() async throws {
        let folder = try RecordsFolder()
        try Shell.run("rm -r \(folder.state) && touch \(folder.state)")
        let records = try await folder.open()
        try await records.accept(.sample("shop", 1))
        #expect(await records.conditions.map(\.subject) == [folder.database])
        #expect(try await folder.open().apps.count == 1)

        try Shell.run("rm -r \(folder.runtime) && touch \(folder.runtime)")
        await #expect(throws: AgentError.self) { try await records.accept(.sample("shop", 2)) }
        #expect(await records.apps["shop"]?.generation.number == 1)
        let error = await #expect(throws: AgentError.self) { _ = try await folder.open() }
        #expect(error?.subject == folder.database)
        #expect(error?.cause.contains("free space or make the folder writable") == true)
    }
}
