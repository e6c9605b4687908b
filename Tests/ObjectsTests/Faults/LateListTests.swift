// SPDX-License-Identifier: Apache-2.0
internal import Glibc
internal import Linux
internal import Objects
internal import TestKit
internal import Testing
internal import Transfer

@testable internal import Volumes

/// Volumes on a store as Riak CS is: lists of the first version that show late what there is, signatures of version 2,
/// and no condition on a put.
@Suite(.timeLimit(.minutes(5))) struct LateListTests {
    private static let timing = LeaseTiming(
        heartbeat: .milliseconds(5),
        patience: .milliseconds(20),
        attempts: 6,
        settle: .milliseconds(20)
    )

    @Test(arguments: [0, 1, 3]) func `what two nodes commit in turn is all kept`(_ late: Int) throws {
        var quirks = FakeS3.Quirks()
        quirks.listsOld = true
        quirks.signsOld = true
        quirks.condition = .unknown
        quirks.lateLists = late
        let fake = try FakeS3(quirks), store = try fake.store(signature: .v2), scope = TransferScope()
        #expect(try VolumeGuarantee(store.promises(in: scope)) == .forkPreserving)
        let log = CommitLog(
            try LogPlace(app: "late", volume: "v"),
            in: store,
            timing: Self.timing,
            guarantee: .forkPreserving
        )
        let folder = "/var/tmp/martlet-late-\(getpid())-\(late)"
        try Shell.run("mkdir -p \(folder)/data")
        defer { _ = try? Shell.run("rm -rf \(folder)") }
        let root = try Descriptor.open("\(folder)/data", O_DIRECTORY | O_RDONLY)

        var acknowledged: [(record: CommitRecord, text: String)] = []
        for round in 0..<6 {
            let node = UInt8(round % 2 + 1)
            let owner = CommitRecord.Owner(id: [UInt8](repeating: node, count: 16), node: "node-\(node)")
            let volume = try StoredVolume(log, for: owner, time: UInt64(round), in: scope)
            let text = "\(round) by \(node)"
            let file = try Descriptor.open("\(folder)/data/file", O_CREAT | O_WRONLY | O_TRUNC, mode: 0o600)
            try file.write(Array(text.utf8))
            let record = try volume.commit(root, isCut: true, time: UInt64(round), in: scope)
            acknowledged.append((try #require(record), text))
        }

        fake.change { $0.lateLists = 0 }
        while try log.lines(in: scope).isEmpty {}
        let lines = try (0..<12).map { _ in try log.lines(in: scope) }.last ?? []
        for (number, (record, text)) in acknowledged.enumerated() {
            let found = try lines.compactMap { try log.line($0).find(record.sequence, in: scope) }
            #expect(found.contains(record), "\(text) of \(lines)")
            let restored = "\(folder)/restored-\(number)"
            try Shell.run("mkdir \(restored)")
            let target = try Descriptor.open(restored, O_DIRECTORY | O_RDONLY)
            try StoredVolume.restore(record, from: store, into: target, in: scope)
            #expect(try Shell.run("cat \(restored)/file") == text)
        }
    }
}
