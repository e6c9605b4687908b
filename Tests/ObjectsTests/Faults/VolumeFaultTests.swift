// SPDX-License-Identifier: Apache-2.0
internal import Glibc
internal import Linux
internal import Objects
internal import TestKit
internal import Testing
internal import Transfer

@testable internal import Volumes

/// Volumes on real servers behind a network that fails by scripts.
@Suite(.enabled(if: S3Server.isThere, "no servers: make stores"), .timeLimit(.minutes(60)))
struct VolumeFaultTests {
    private static let scripts = getenv("MARTLET_SOAK") != nil ? 1_000 : 15
    private static let owner = CommitRecord.Owner(id: [UInt8](repeating: 1, count: 16), node: "node-1")
    private static let timing = LeaseTiming(
        heartbeat: .milliseconds(5),
        patience: .milliseconds(20),
        attempts: 3
    )

    @Test(arguments: [FaultyServer.seaweed, .moto])
    func `no commit that was acknowledged is lost, and each is what it was`(_ kind: FaultyServer) throws {
        let bench = try kind.bench()
        var commits = 0, failures = 0
        for seed in 0..<UInt64(Self.scripts) {
            let folder = "/var/tmp/martlet-faults-\(getpid())-\(seed)"
            try Shell.run("mkdir -p \(folder)/data")
            defer { _ = try? Shell.run("rm -rf \(folder)") }
            let (acknowledged, failed) = try run(seed, folder, bench)
            commits += acknowledged.count
            failures += failed
            try verify(acknowledged, folder, bench, "seed \(seed)")
        }
        print(
            "\(kind): \(Self.scripts) scripts, \(commits) commits, \(failures) asked for again, \(bench.proxy.faults)"
        )
        #expect(commits == Self.scripts * 3 && !bench.proxy.faults.isEmpty)
    }

    /// Three commits, in whatever way; each with what was in the folder then.
    private func run(_ seed: UInt64, _ folder: String, _ bench: FaultyServer.Bench) throws -> (
        [(record: CommitRecord, copy: String)], failures: Int
    ) {
        var random = SeededGenerator(seed: seed)
        let scope = TransferScope()
        let log = CommitLog(
            try LogPlace(app: "faults", volume: "v\(seed)"),
            in: bench.store,
            timing: Self.timing
        )
        var failures = 0
        func insist<Result>(_ call: () throws(VolumeError) -> Result) throws -> Result {
            while true {
                do throws(VolumeError) { return try call() } catch {
                    switch error.cause {
                    case .store, .unsettled: failures += 1
                    default: throw error
                    }
                    try #require(failures < 500, "\(error)")
                }
            }
        }
        bench.proxy.begin(seed: seed, percent: 20 + Int(seed % 3) * 25)
        defer { bench.proxy.begin(seed: seed, percent: 0) }
        func open() throws -> StoredVolume {
            try insist { () throws(VolumeError) in
                try StoredVolume(log, for: Self.owner, time: 0, in: scope)
            }
        }
        var volume = try open()
        var acknowledged: [(CommitRecord, String)] = []
        for round in 0..<3 {
            for name in 0..<Int.random(in: 1...6, using: &random) {
                let file = try Descriptor.open(
                    "\(folder)/data/\(name)",
                    O_CREAT | O_WRONLY | O_TRUNC,
                    mode: 0o600
                )
                try file.write(
                    (0..<Int.random(in: 1...60_000, using: &random)).map { _ in
                        .random(in: 0...255, using: &random)
                    }
                )
            }
            // As after a crash of the agent: the same owner comes again, and may find what it was not told of.
            if Bool.random(using: &random) { volume = try open() }
            let root = try Descriptor.open("\(folder)/data", O_DIRECTORY | O_RDONLY)
            let record = try insist { () throws(VolumeError) in
                try volume.commit(root, isCut: true, time: UInt64(round), in: scope)
            }
            try Shell.run("cp -a \(folder)/data \(folder)/copy-\(round)")
            // One that was in the log although an error said otherwise has nothing left to commit.
            acknowledged.append((record ?? volume.head, "copy-\(round)"))
        }
        return (acknowledged, failures)
    }

    private func verify(
        _ acknowledged: [(record: CommitRecord, copy: String)],
        _ folder: String,
        _ bench: FaultyServer.Bench,
        _ seed: String
    ) throws {
        let scope = TransferScope()
        let log = CommitLog(
            try LogPlace(app: "faults", volume: "v" + seed.dropFirst(5)),
            in: bench.direct,
            timing: Self.timing
        )
        for (record, copy) in acknowledged {
            #expect(try log.record(record.sequence, in: scope) == record, "\(seed)")
            let restored = "\(folder)/restored-\(record.sequence)"
            try Shell.run("mkdir \(restored)")
            try StoredVolume.restore(
                record,
                from: bench.direct,
                into: Descriptor.open(restored, O_DIRECTORY | O_RDONLY),
                in: scope
            )
            try Shell.run("diff -r \(folder)/\(copy) \(restored)")
        }
    }
}
