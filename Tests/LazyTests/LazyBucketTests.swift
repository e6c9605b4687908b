// SPDX-License-Identifier: Apache-2.0
internal import Glibc
internal import Linux
internal import Objects
internal import TestKit
internal import Testing
internal import Volumes

@testable internal import Lazy

/// A version in a bucket of a real server, whose keys go to the process by a descriptor alone.
@Suite struct LazyBucketTests {
    @Test(.enabled(if: SeaweedFS.isThere, "make stores")) func `a version comes from a bucket`() throws {
        try LazyBench.run { bench in
            let server = try SeaweedFS(in: "\(bench.folder)/weed")
            defer { withExtendedLifetime(server) {} }
            try server.makeBucket("volumes")
            var bucket = LazySettings.Bucket(
                endpoint: server.endpoint,
                bucket: "volumes",
                key: .fixed(AccessKey(id: "AK", secret: "SK"))
            )
            bucket.prefix = "node/"
            let store = try LazyStore.make(.s3(bucket), environment: [:])
            try bench.run(LazyMountTests.everything)
            try bench.run("rm large zeros lists nothing-but-a-hole")
            let log = CommitLog(try LogPlace(app: "shop", volume: "data"), in: RetriedStore(store))
            let owner = CommitRecord.Owner(id: [UInt8](repeating: 1, count: 16), node: "node-1")
            let volume = try StoredVolume(log, for: owner, time: 0, in: bench.scope)
            _ = try volume.commit(bench.open("data"), isCut: true, time: 0, in: bench.scope)
            let lazy = try LazyVolume("\(bench.folder)/mount")
            let device = try lazy.mountLower(source: "shop/data")
            var settings = bench.settings(lazy.cache)
            settings.store = .s3(bucket)
            let process = try LazyProcess.start(
                LazyProcessTests.program,
                settings,
                on: device,
                log: .standardError
            )
            let (told, written) = try (bench.text("mount/lower"), bench.text("data"))
            #expect(told == written)
            let words = try Shell.run(
                "tr '\\0' ' ' </proc/\(process.pid)/cmdline; tr '\\0' ' ' </proc/\(process.pid)/environ"
            )
            #expect(words.contains("shop/data") && !words.contains("SK "), "\(words)")
            try lazy.unmount()
            var status: Int32 = -1
            #expect(waitpid(process.pid, &status, 0) == process.pid && status == 0)
            // A key that the store does not take is said, and is no secret's end.
            bucket.key = .fixed(AccessKey(id: "AK", secret: "wrong-secret"))
            settings.store = .s3(bucket)
            let other = try lazy.mountLower(source: "shop/data")
            let failure = #expect(throws: LazyProcess.Failure.self) {
                try LazyProcess.start(LazyProcessTests.program, settings, on: other, log: .standardError)
            }
            #expect(failure.map { !$0.description.contains("wrong-secret") } == true, "\(failure as Any)")
        }
    }
}
