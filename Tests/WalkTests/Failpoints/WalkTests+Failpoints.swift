// SPDX-License-Identifier: Apache-2.0
internal import Control
internal import Glibc
internal import Linux
internal import Synchronization
internal import TestKit
internal import Testing

extension WalkTests {
    private static let isSoak = getenv("MARTLET_SOAK") != nil

    /// Reached only where no agent was before.
    private static let fresh: [Failpoint] = [
        .databaseMade, .databaseFilled, .databaseSetAside, .databaseRenamed, .databaseSynced, .idRangeOpened,
        .idRangeParked,
    ]

    /// Reached only where plans wait.
    private static let held: [Failpoint] = [.planDue, .planKept, .planForgetDue, .planForgotten]

    /// Reached only by volumes with a store, whose own tests kill there.
    private static let stored: [Failpoint] = [
        .volumeCutEnded, .volumePackDue, .volumePackSent, .volumeRecordDue, .volumeRecordMade,
        .volumeBranchDue,
        .volumeSweepDue, .volumeSweepListed, .volumeSweepDone,
    ]

    /// Reached only by releases, whose own tests kill there.
    private static let tried: [Failpoint] = [.releaseProposed, .trialDue, .trialConfirmed]

    /// Reached only at a first boot, whose own tests kill there.
    private static let provisioned: [Failpoint] = [
        .provisionStaging, .provisionStaged, .provisionBegun, .provisionPlaced, .provisionSettled,
        .provisionCleared, .provisionMarked, .provisionReturned, .provisionForgotten,
    ]

    /// What one of those that work side by side has done.
    private struct Share {
        var killed: Set<String> = []
        var times: [FailpointScene.Recovery] = []
    }

    @Test func `an agent killed at any failpoint ends in one whole generation, and leaves nothing`()
        async throws
    {
        let lanes = 4
        var killed: Set<String> = []
        var times: [FailpointScene.Recovery] = []
        try await withThrowingTaskGroup(of: Share.self) { group in
            for lane in 0..<lanes { group.addTask { try await Self.lane(lane, of: lanes) } }
            for try await share in group {
                killed.formUnion(share.killed)
                times += share.times
            }
        }
        let listed = Set(Failpoint.allCases.map(\.rawValue)).subtracting(
            (Self.fresh + Self.held + Self.stored + Self.tried + Self.provisioned).map(\.rawValue)
        )
        #expect(listed.subtracting(killed) == [], "never killed there")
        let sorted = times.sorted { $0.time > $1.time }
        let slowest = sorted.prefix(5).map { "\($0.what) \($0.time)" }.joined(separator: ", ")
        print("failpoints: \(killed.count) points, \(times.count) kills, the slowest: \(slowest)")
    }

    /// Kills at its share of the points: each in one operation, or with soak in every one that reaches it.
    private static func lane(_ lane: Int, of lanes: Int) async throws -> Share {
        var done = Share()
        try await withWalk { walk in
            let scene = try await FailpointScene(walk)
            let reached = try await scene.rehearse()
            var work = share(lane, of: lanes, reached)
            var misses: [String: Int] = [:]
            while !work.values.allSatisfy(\.isEmpty) {
                for operation in order(scene, work) {
                    if operation == .rollback, !scene.canGoBack { try await scene.perform(.update) }
                    guard let point = work[operation]?.popLast() else {
                        try await scene.perform(operation)
                        continue
                    }
                    let isKilled = try await scene.kill(at: point, in: operation)
                    if isKilled { done.killed.insert(point) }
                    // The kernel may have been faster: it takes an interface away with its namespace, for example.
                    misses[point, default: 0] += isKilled ? 0 : 1
                    if !isKilled, misses[point, default: 0] < 4 {
                        work[reached[.update]?.contains(point) == true ? .update : operation, default: []]
                            .append(point)
                    }
                }
            }
            done.times = scene.times
            try await scene.end()
        }
        return done
    }

    /// What can be done next with something to be tried.
    private static func order(
        _ scene: FailpointScene,
        _ work: [FailpointScene.Operation: [String]]
    ) -> [FailpointScene.Operation] {
        func isLeft(_ operation: FailpointScene.Operation) -> Bool { work[operation]?.isEmpty == false }
        if isLeft(.arrive) || isLeft(.withdraw) || isLeft(.change) {
            if scene.feed == nil { return [.arrive] }
            return isLeft(.change) ? [.change] : [.withdraw]
        }
        if scene.feed != nil { return [.withdraw] }
        guard scene.shop != nil else { return [.create] }
        if isLeft(.create) { return [.remove] }
        for operation in [.update, .rollback, .relapse, .restart] as [FailpointScene.Operation]
        where isLeft(operation) {
            return [operation]
        }
        return [.remove]
    }

    private static func share(
        _ lane: Int,
        of lanes: Int,
        _ reached: [FailpointScene.Operation: Set<String>]
    ) -> [FailpointScene.Operation: [String]] {
        var work: [FailpointScene.Operation: [String]] = [:]
        for (index, point) in Failpoint.allCases.enumerated() where index % lanes == lane {
            let operations = FailpointScene.Operation.allCases.filter {
                reached[$0]?.contains(point.rawValue) == true
            }
            if isSoak {
                for operation in operations { work[operation, default: []].append(point.rawValue) }
            } else if let rarest = operations.min(by: { (work[$0]?.count ?? 0) < (work[$1]?.count ?? 0) }) {
                work[rarest, default: []].append(point.rawValue)
            }
        }
        return work
    }

    @Test(arguments: fresh) func `a first agent killed at its start leaves what the next one can use`(
        point: Failpoint
    ) async throws {
        try await withWalk { walk in
            let first = try walk.start(
                ["agent"],
                under: ["/usr/bin/env", "MARTLET_FAILPOINT=\(point.rawValue)"]
            )
            #expect(try await first.exit() == 137, "\(first.shown)")
            let second = try await walk.agent()
            try await walk.end(second)
        }
    }

    @Test(arguments: held) func `a plan waits or is carried out, wherever its agent is killed`(
        point: Failpoint
    ) async throws {
        try await withWalk { walk in
            try await walk.importBusybox()
            let node = try walk.file("format: 1\napply: {mode: plan-only}\n", "node.yaml")
            let file = try walk.file(
                "name: shop\nservices: { a: { image: 'busybox:walk', command: [sleep, '1000'], init: true } }\n"
            )
            let first = try walk.start(
                ["agent"],
                ["--node", node],
                under: ["/usr/bin/env", "MARTLET_FAILPOINT=\(point.rawValue)"]
            )
            try await first.wait(for: "the agent serves")
            let id = try await walk.plan(file).id
            let isHeld = point == .planDue || point == .planKept
            var pushed = try await walk.martlet("apply", with: ["--wait", file])
            #expect(pushed.code == 1, "\(pushed)")
            if !isHeld { #expect(try await walk.martlet("apply", with: ["--wait", id]).code == 1) }
            #expect(try await first.exit() == 137, "\(first.shown)")
            let next = try await walk.agent(["--node", node])
            func waits() async throws -> Bool {
                try await walk.martlet("status").output.contains("plan \(id) waits")
            }
            if isHeld {
                #expect(try await waits() == (point == .planKept))
                pushed = try await walk.martlet("apply", with: ["--wait", file])
                #expect(pushed.code == 1 && pushed.output.contains("plan \(id) waits"), "\(pushed)")
                #expect(try await walk.martlet("apply", with: ["--wait", id]).code == 0)
            }
            _ = try await walk.app("shop", until: "runs") { $0.state == "converged" }
            #expect(try await !waits())
            #expect(try Shell.run("ls \(walk.folder)/state/plans") == "")
            try await walk.down("shop")
            try await walk.end(next)
        }
    }

    @Test func `the failpoints are listed, and one that is not among them is refused`() async throws {
        try await withWalk { walk in
            let names = try Shell.run("\(Walk.martlet)-agent failpoints").split(separator: "\n").map(
                String.init
            )
            #expect(names == Failpoint.allCases.map(\.rawValue) && names.count >= 100)
            let wrong = try walk.start(["agent"], under: ["/usr/bin/env", "MARTLET_FAILPOINT=nowhere"])
            #expect(try await wrong.exit() == 1)
            #expect(try wrong.output().contains(#"no failpoint is called "nowhere""#), "\(wrong.shown)")
        }
    }
}
