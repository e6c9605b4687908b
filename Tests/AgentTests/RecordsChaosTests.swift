// SPDX-License-Identifier: Apache-2.0
internal import Glibc
internal import Linux
internal import TestKit
internal import Testing

@testable internal import Agent

@Suite struct RecordsChaosTests {
    /// Two hundred random faults in the database or in its copies, while open and while closed.
    @Test(arguments: [0, 1, 2, 10] as [UInt64])
    func `no fault in one copy loses an app`(_ seed: UInt64) async throws {
        var random = SeededGenerator(seed: seed)
        let folder = try RecordsFolder()
        var records = try await folder.open()
        for step in 0..<50 {
            try await change(records, &random)
            let apps = await records.apps
            let histories = await histories(of: records)
            let isOpen = Bool.random(using: &random)
            let where_ = "seed \(seed), step \(step), \(isOpen ? "open" : "closed")"
            let fault = try strike(folder, apps: apps.keys.sorted(), &random)
            if isOpen {
                _ = await records.verify()
                #expect(await self.histories(of: records) == histories, "\(where_): \(fault)")
            } else {
                records = try await folder.open()
            }
            #expect(await records.apps == apps, "\(where_): \(fault)")
            #expect(await records.conditions.isEmpty, "\(where_): \(fault)")
            // Both copies are whole again: either alone is enough.
            if Bool.random(using: &random) {
                try folder.reboot()
            } else {
                try Shell.run("rm -rf \(folder.state)")
            }
            records = try await folder.open()
            #expect(await records.apps == apps, "\(where_), then alone: \(fault)")
        }
    }

    private func histories(of records: Records) async -> [String: [Generation]] {
        var all: [String: [Generation]] = [:]
        for app in await records.apps.keys { all[app] = await records.history(app: app) }
        return all
    }

    private func change(_ records: Records, _ random: inout SeededGenerator) async throws {
        for _ in 0..<Int.random(in: 1...4, using: &random) {
            let app = "app-\(Int.random(in: 0..<5, using: &random))"
            let model = String(repeating: "model ", count: Int.random(in: 0...2000, using: &random))
            switch Int.random(in: 0..<8, using: &random) {
            case 0: try await records.remove(app: app)
            case 1 where await records.apps[app] != nil:
                try await records.setStopped(
                    app: app,
                    names: ["web/\(UInt8.random(in: 1...9, using: &random))"]
                )
            default:
                try await records.accept(.sample(app, await records.nextNumber(app: app), model: model))
            }
        }
    }

    /// One fault in the database with its journal, or in the copies; what it was.
    private func strike(
        _ folder: borrowing RecordsFolder,
        apps: [String],
        _ random: inout SeededGenerator
    ) throws -> String {
        if let app = apps.randomElement(using: &random), Int.random(in: 0..<4, using: &random) == 0 {
            return try damage("\(folder.mirror)/\(app).json", folder, &random)
        }
        var what: [String] = []
        if Int.random(in: 0..<4, using: &random) > 0 {
            what.append(try damage(folder.database, folder, &random))
        }
        if Int.random(in: 0..<3, using: &random) == 0 || what.isEmpty {
            let name = "\(folder.database)\(["-journal", "-wal", "-shm"].randomElement(using: &random) ?? "")"
            try folder.overwrite(name, journal(&random))
            what.append("journal \(name)")
        }
        return what.joined(separator: ", ")
    }

    /// Noise, or a journal that SQLite takes for one of an unfinished transaction and would play back.
    private func journal(_ random: inout SeededGenerator) -> [UInt8] {
        let noise = (0..<Int.random(in: 1...9000, using: &random)).map { _ in
            UInt8.random(in: 0...255, using: &random)
        }
        guard Bool.random(using: &random) else { return noise }
        func word(_ value: UInt32) -> [UInt8] {
            (0..<4).map { UInt8(truncatingIfNeeded: value >> (24 - 8 * $0)) }
        }
        let pages = UInt32.random(in: 0...3, using: &random)
        let header = [0xd9, 0xd5, 0x05, 0xf9, 0x20, 0xa1, 0x63, 0xd7] + word(0) + word(1) + word(pages)
        return header + word(512) + word(4096) + [UInt8](repeating: 0, count: 484) + noise
    }

    private func damage(
        _ path: String,
        _ folder: borrowing RecordsFolder,
        _ random: inout SeededGenerator
    ) throws -> String {
        var content = try folder.bytes(path)
        switch Int.random(in: 0..<6, using: &random) {
        case 0:
            try Shell.run("rm \(path)")
            return "\(path) deleted"
        case 1:
            let size = Int.random(in: 0..<content.count, using: &random)
            try Shell.run("truncate -s \(size) \(path)")
            return "\(path) cut to \(size)"
        case 2:
            let page = Int.random(in: 0...(content.count - 1) / 4096, using: &random) * 4096
            for index in page..<min(page + 4096, content.count) { content[index] = 0 }
            try Descriptor.open(path, O_WRONLY).write(content)
            return "\(path) zero page at \(page)"
        case 3:
            try folder.overwrite(path, journal(&random))
            return "\(path) garbage"
        default:
            let bits = Int.random(in: 1...64, using: &random)
            for _ in 0..<bits {
                content[Int.random(in: 0..<content.count, using: &random)] ^=
                    1 << UInt8.random(in: 0..<8, using: &random)
            }
            try Descriptor.open(path, O_WRONLY).write(content)
            return "\(path) \(bits) bits flipped"
        }
    }
}
