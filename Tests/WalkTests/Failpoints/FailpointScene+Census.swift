// SPDX-License-Identifier: Apache-2.0
internal import Containers
internal import Control
internal import FoundationEssentials
internal import Glibc
internal import Linux
internal import TestKit
internal import Testing

// What there is after something was done, or cut short.

extension FailpointScene {
    /// Waits until the node has come to rest.
    func settle(_ start: ContinuousClock.Instant, _ what: String, feed wanted: Int?? = nil)
        async throws
    {
        let deadline = ContinuousClock.now + ForegroundRun.patience
        let wanted = wanted ?? feed
        while true {
            let result = try await walk.martlet("status", with: ["--json"])
            let status = try? JSONDecoder().decode(NodeStatus.self, from: Data(result.output.utf8))
            let apps = status?.apps ?? []
            let isThere = apps.contains { $0.name == "calm" } && apps.allSatisfy { $0.state == "converged" }
            let isRead = status?.sources.allSatisfy { $0.state == "synced" } == true
            if isThere, isRead, apps.contains(where: { $0.name == "feed" }) == (wanted != nil) {
                if try await level(of: "feed", what) == wanted { break }
            }
            try #require(
                ContinuousClock.now < deadline,
                "\(what): never at rest: \(result.output)\n\(agent.shown)"
            )
            try await Task.sleep(for: .milliseconds(10))
        }
        if !what.isEmpty { times.append(Recovery(time: ContinuousClock.now - start, what: what)) }
    }

    /// The one level that all containers of an app have; nil if it is not there.
    func level(of app: String, _ what: String) async throws -> Int? {
        let all = try await walk.pids().filter { $0.key.hasPrefix("\(app)-") }
        var levels: Set<Int> = []
        for (id, pid) in all where !id.contains("-aux-") {
            let bytes = try? Descriptor.open("/proc/\(pid)/environ", O_RDONLY).readAll(limit: 65_536)
            let words = String(decoding: bytes ?? [], as: UTF8.self).split(separator: "\0")
            levels.insert(words.first { $0.hasPrefix("LEVEL=") }.flatMap { Int($0.dropFirst(6)) } ?? -1)
        }
        if app == "shop" {
            #expect(
                [0, 3].contains(all.count) && levels.count <= 1,
                "\(what): a mix: \(all) \(levels)\n\(agent.shown)"
            )
        }
        return levels.max()
    }

    /// Nobody else was touched, and nothing is there but what was there where nothing had been killed.
    func inspect(_ what: String) async throws {
        let pids = try await walk.pids()
        for (id, pid) in calm { #expect(pids[id] == pid, "\(what): another app's container") }
        if shop != nil {
            let all = try await walk.instances().filter { $0.app == "shop" }
            #expect(
                Set(all.map(\.generation)).count == 1 && all.allSatisfy { $0.state == "running" },
                "\(what): \(all)"
            )
        }
        let key = "\(shop.map { "\($0 % 2)" } ?? "none"), \(feed == nil ? "none" : "one")"
        let deadline = ContinuousClock.now + .seconds(20)
        var found = try await census()
        guard let wanted = clean[key] else {
            clean[key] = found
            return
        }
        while found != wanted, ContinuousClock.now < deadline {
            try await Task.sleep(for: .milliseconds(20))
            found = try await census()
        }
        let left = found.filter { !wanted.contains($0) }, lost = wanted.filter { !found.contains($0) }
        clean[key] = found  // told once
        #expect(found == wanted, "\(what): left \(left), lost \(lost)\n\(agent.shown)")
    }

    /// Everything that agent and keeper have in kernel, keeper and folders, without ids, addresses and levels.
    private func census() async throws -> [String] {
        let keeper = try await walk.keeper()
        defer { keeper.close() }
        let parked = try await keeper.parked().map { "parked \($0)" }
        let held = try await keeper.list().map { "held \($0.id) \($0.state)" }
        let files = try Shell.run(
            """
            cd \(walk.folder)
            find run state -mindepth 1 -maxdepth 4 -not -path 'state/images/*' -not -path 'state/logs/*' \
                -not -path 'state/instances/*/*/*' -printf '%p\\n'
            find state/images -name '.*' -printf '%p\\n'
            """
        )
        var kernel = try walk.census()
        // ip(8) says so when others made or removed interfaces meanwhile.
        while kernel.contains(where: { $0.contains("Dump was interrupted") }) { kernel = try walk.census() }
        let all = kernel + parked + held + files.split(separator: "\n").map(String.init)
        return all.filter { $0 != "state/sources.json" && !$0.hasPrefix("state/volumes/shop") }.map(
            Self.plain
        ).sorted()
    }

    private static func plain(_ line: String) -> String {
        line.replacing(#/-[0-9a-f]{8}(?![0-9a-f])/#, with: "-#").replacing(
            #/[0-9]+\.[0-9]+\.[0-9]+\.[0-9]+/#,
            with: "IP"
        )
        .replacing(#/[0-9a-f]{2}(:[0-9a-f]{2}){5}/#, with: "MAC").replacing(
            #/mt[a-z]?-?[0-9a-f]{6,}/#,
            with: "PORT"
        )
    }
}
