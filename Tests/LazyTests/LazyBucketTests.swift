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
    /// Where `make stores` puts the servers of the Python package index.
    private static let weed =
        (getenv("MARTLET_STORES").map { String(cString: $0) } ?? ".build/stores") + "/bin/weed"

    @Test(.enabled(if: access(weed, X_OK) == 0, "make stores")) func `a version comes from a bucket`() throws
    {
        try LazyBench.run { bench in
            let (server, endpoint) = try Self.server(bench)
            defer { server.end() }
            var bucket = LazySettings.Bucket(
                endpoint: endpoint,
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

    private static func server(_ bench: LazyBench) throws -> (TestProgram, String) {
        let port = try LoopbackServer.freePort(), ports = try (0..<3).map { _ in try pair() }
        let keys = """
            {"identities": [{"name": "test", "credentials": [{"accessKey": "AK", "secretKey": "SK"}], "actions": ["Admin"]}]}
            """
        try bench.run("mkdir weed; echo '\(keys)' >keys", in: ".")
        let program = try TestProgram(
            [
                weed, "server", "-ip=127.0.0.1", "-ip.bind=127.0.0.1", "-dir=\(bench.folder)/weed",
                "-volume.max=100", "-master.volumeSizeLimitMB=16", "-master.port=\(ports[0])",
                "-volume.port=\(ports[1])", "-filer", "-filer.port=\(ports[2])", "-s3", "-s3.port=\(port)",
                "-s3.port.grpc=\(LoopbackServer.freePort())", "-s3.port.iceberg=0", "-s3.port.lance=0",
                "-s3.config=\(bench.folder)/keys", "-s3.iam=false", "-master.telemetry=false",
            ],
            log: "\(bench.folder)/weed.log",
            port: port
        )
        let make =
            "curl -sf -X PUT --aws-sigv4 aws:amz:us-east-1:s3 --user AK:SK http://127.0.0.1:\(port)/volumes"
        try Shell.run("for i in $(seq 300); do \(make) && exit; sleep 0.1; done; exit 1")
        return (program, "http://127.0.0.1:\(port)")
    }

    /// A free port whose number and 10,000 is free as well: SeaweedFS takes both.
    private static func pair() throws -> UInt16 {
        while true {
            let port = try LoopbackServer.freePort()
            if port < 55_000, (try? LoopbackServer.connect(to: port + 10_000)) == nil { return port }
        }
    }
}
