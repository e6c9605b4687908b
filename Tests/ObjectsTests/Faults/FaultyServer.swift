// SPDX-License-Identifier: Apache-2.0
internal import Objects
internal import TestKit
internal import Testing
internal import Transfer

/// A real server behind a proxy that fails.
enum FaultyServer: String, CustomTestStringConvertible {
    case moto, seaweed

    /// What is done to its requests.
    ///
    /// moto makes an object of what came of a body until its connection ended (docs/stores.md): nothing is safe there.
    var faults: [FaultProxy.Fault] {
        FaultProxy.Fault.allCases.filter { self != .moto || $0 != .cutRequest }
    }

    var testDescription: String { rawValue }

    /// A bucket, and two ways to it.
    struct Bench {
        let proxy: FaultProxy
        /// By the proxy, and asked again soon.
        let store: any ObjectStore
        /// Without it.
        let direct: any ObjectStore
    }

    /// A bucket of its own.
    ///
    /// What the store promises is asked for while nothing fails.
    func bench() throws -> Bench {
        let server = try (self == .moto ? S3Server.moto : S3Server.seaweed).get()
        let proxy = try FaultProxy(to: server.port, faults), client = try TransferClient()
        let bucket = "faults-\(UInt32.random(in: 0...UInt32.max))"
        let user = "--user \(S3Server.key.id):\(S3Server.key.secret)"
        try Shell.run(
            "curl -sf -X PUT --aws-sigv4 aws:amz:us-east-1:s3 \(user) http://127.0.0.1:\(server.port)/\(bucket)"
        )
        let stores = try [proxy.port, server.port].map { port in
            let place = try S3Place(endpoint: TransferURL("http://127.0.0.1:\(port)"), bucket: bucket)
            return S3Store(place, client: client, keys: S3Server.key)
        }
        let bench = Bench(
            proxy: proxy,
            store: RetriedStore(stores[0], policy: Self.soon),
            direct: RetriedStore(stores[1])
        )
        #expect(try bench.store.promises(in: TransferScope()).hasAtomicCreate)
        return bench
    }

    private static var soon: RetryPolicy {
        var policy = RetryPolicy()
        policy.attempts = 2
        policy.first = .milliseconds(1)
        policy.longest = .milliseconds(10)
        return policy
    }
}
