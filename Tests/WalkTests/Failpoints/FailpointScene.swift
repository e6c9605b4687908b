// SPDX-License-Identifier: Apache-2.0
internal import Containers
internal import Control
internal import FoundationEssentials
internal import Glibc
internal import Linux
internal import TestKit
internal import Testing

/// An app that comes, changes and goes beside one that nobody touches, with an agent that dies where it is told to.
final class FailpointScene {
    /// What is done to the app, or to the one that a source says.
    enum Operation: String, CaseIterable {
        case create, update, rollback, relapse, remove, arrive, change, withdraw, restart
    }

    /// How long it took after a kill.
    struct Recovery {
        var time: Duration
        var what: String
    }

    let walk: Walk
    var agent: ForegroundRun
    private let node: String
    /// The level of `shop` and of `feed` that should run; nil if there is none.
    private(set) var shop: Int?
    private(set) var feed: Int?
    /// The levels that `shop` has had since it was created, and that were good.
    private var good: [Int] = []
    private var next = 1
    var calm: [String: Int32] = [:]
    /// What is there where nothing was killed, by what should run.
    var clean: [String: [String]] = [:]
    /// How long the next agent took, from its start on.
    var times: [Recovery] = []

    private var armed: String { "\(walk.folder)/armed" }
    private var armedBy: String { "MARTLET_FAILPOINT=@\(armed)" }
    private var source: String { "\(walk.folder)/apps.d" }

    init(_ walk: Walk) async throws {
        self.walk = walk
        try await walk.importBusybox()
        try Shell.run("mkdir \(walk.folder)/apps.d")
        node = try walk.file(
            "format: 1\nsources: [{name: local, dir: {path: \(walk.folder)/apps.d}, every: 1s, allow_empty: true}]\n",
            "node.yaml"
        )
        agent = try await Self.start(walk, node, ["MARTLET_FAILPOINT=@\(walk.folder)/armed"])
        try await walk.apply(
            """
            name: calm
            services: { one: { image: "busybox:walk", command: [sleep, "100000"], stop_signal: SIGKILL } }
            """
        )
        calm = try await walk.pids()
    }

    private static func start(_ walk: Walk, _ node: String, _ environment: [String]) async throws
        -> ForegroundRun
    {
        let run = try launch(walk, node, environment)
        try await run.wait(for: "the agent serves")
        return run
    }

    private static func launch(_ walk: Walk, _ node: String, _ environment: [String]) throws -> ForegroundRun
    {
        try walk.start(["agent"], ["--node", node], under: ["/usr/bin/env"] + environment)
    }

    /// Ends everything in an orderly way.
    func end() async throws {
        try await walk.down("calm")
        if shop != nil { try await walk.down("shop") }
        try await walk.end(agent)
    }

    // MARK: What is done

    /// Does everything once with nothing armed: which points are reached by what, and what is there then.
    func rehearse() async throws -> [Operation: Set<String>] {
        var reached: [Operation: Set<String>] = [:]
        let order: [Operation] = [
            .create, .update, .rollback, .relapse, .restart, .remove, .arrive, .change, .withdraw,
        ]
        for operation in order {
            agent.kill()
            let log = "\(walk.folder)/reached.\(operation)"
            agent = try await Self.start(walk, node, [armedBy, "MARTLET_FAILPOINT_LOG=\(log)"])
            try await settle(.now, "")
            let atStart = operation == .restart ? 0 : try names(log).count
            try await perform(operation)
            reached[operation] = Set(try names(log).dropFirst(atStart))
            try await inspect(operation.rawValue)
        }
        agent.kill()
        agent = try await Self.start(walk, node, [armedBy])
        return reached
    }

    private func names(_ file: String) throws -> [String] {
        let bytes = try Descriptor.open(file, O_RDONLY).readAll(limit: 16 << 20)
        return String(decoding: bytes, as: UTF8.self).split(separator: "\n").map(String.init)
    }

    /// Does something that is not cut short.
    func perform(_ operation: Operation) async throws {
        guard operation != .restart else { return }
        let (run, new) = try begin(operation)
        if let run {
            let code = try await run.exit()
            try #require(
                code == (operation == .relapse ? 1 : 0),
                "\(operation): \(run.shown)\n\(agent.shown)"
            )
        }
        took(operation, new)
        try await settle(.now, "")
    }

    /// Does something and has the agent killed on the way; whether it was.
    func kill(at point: String, in operation: Operation) async throws -> Bool {
        let what = "\(point) in \(operation.rawValue)"
        let old = (shop, feed)
        var new = old
        if operation == .restart {
            agent.kill()
            agent = try Self.launch(walk, node, ["MARTLET_FAILPOINT=\(point)"])
        } else {
            try Descriptor.open(armed, O_CREAT | O_TRUNC | O_WRONLY, mode: 0o600).write(Array(point.utf8))
            let (run, aim) = try begin(operation)
            new = aim
            _ = try await run?.exit()
        }
        let isDead = try await dies()
        if access(armed, F_OK) == 0 { try check("unlink", armed, unlink(armed)) }
        let start = ContinuousClock.now
        if isDead || operation == .restart {
            agent.kill()
            agent = try await Self.start(walk, node, [armedBy])
        }
        try await settle(start, isDead ? what : "", feed: new.1)
        let level = try await level(of: "shop", what)
        #expect(level == old.0 || level == new.0, "\(what): \(level ?? 0), was \(old.0 ?? 0): \(agent.shown)")
        let isNew = level == new.0 && new.0 != old.0
        if isNew { took(operation, new) } else { (shop, feed) = (level, new.1) }
        try await inspect(what)
        return isDead
    }

    /// Begins something: the verb that does it, and the levels that it leads to.
    private func begin(_ operation: Operation) throws -> (ForegroundRun?, (shop: Int?, feed: Int?)) {
        switch operation {
        case .create, .update, .relapse:
            if operation == .create { try Shell.run("rm -rf \(walk.folder)/state/volumes/shop") }
            // Another network than that of the present.
            let level = next + ((next + (shop ?? 0)) % 2 == 0 ? 1 : 0)
            next = level + 1
            let path = try walk.file(Self.shop(level, port: walk.port, isGood: operation != .relapse))
            let run = try walk.start(["apply"], ["--wait", path])
            return (run, (operation == .relapse ? shop : level, feed))
        case .rollback: return (try walk.start(["rollback"], ["--wait", "shop"]), (before, feed))
        case .remove: return (try walk.start(["down"], ["shop"]), (nil, feed))
        case .arrive, .change:
            let level = next
            next += 1
            let path = try walk.file(Self.feed(level), "feed.yaml")
            try check("rename", path, rename(path, "\(source)/feed.yaml"))
            return (nil, (shop, level))
        case .withdraw:
            try check("unlink", source, unlink("\(source)/feed.yaml"))
            return (nil, (shop, nil))
        case .restart: return (nil, (shop, feed))
        }
    }

    /// The level that a rollback leads to: the newest of a lower number that was good.
    private var before: Int? { good.filter { $0 < shop ?? 0 }.max() }
    /// Whether there is an earlier generation to go back to.
    var canGoBack: Bool { before != nil }

    private func took(_ operation: Operation, _ new: (shop: Int?, feed: Int?)) {
        if operation == .create || operation == .remove { good = [] }
        if operation == .create || operation == .update, let level = new.shop { good.append(level) }
        (shop, feed) = new
    }

    /// Whether the agent is killed; it is given some time after it has done what it was asked for.
    private func dies() async throws -> Bool {
        let deadline = ContinuousClock.now + .seconds(10)
        while ContinuousClock.now < deadline {
            if agent.isOver { return true }
            try await Task.sleep(for: .milliseconds(5))
        }
        return false
    }
}
