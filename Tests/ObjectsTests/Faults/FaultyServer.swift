// SPDX-License-Identifier: Apache-2.0
internal import TestKit
internal import Testing
internal import Transfer

@testable internal import Objects

/// A real server behind a proxy that fails.
enum FaultyServer: String, CaseIterable, CustomTestStringConvertible {
    case moto, seaweed, rados, swift

    /// Those that are here.
    static let allCases: [FaultyServer] =
        (S3Server.isThere ? [.moto, .seaweed] : []) + (RadosGateway.isThere ? [.rados] : [])
        + (SwiftServer.isThere ? [.swift] : [])

    /// It keeps one of two who create an object.
    var isCreator: Bool { self != .swift }

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
        let client = try TransferClient(), scope = TransferScope()
        let proxy: FaultProxy, faulty: any ObjectStore, direct: any ObjectStore
        if let server = try s3?.get() {
            let bucket = try server.bucket()
            proxy = try FaultProxy(to: server.port, faults)
            let place = try S3Place(
                endpoint: TransferURL("http://127.0.0.1:\(proxy.port)"),
                bucket: bucket.client.place.bucket
            )
            faulty = S3Store(place, client: client, keys: S3Server.key)
            direct = bucket
        } else {
            let server = try SwiftServer.shared.get(), container = server.container()
            proxy = try FaultProxy(to: server.port, faults)
            func store(_ port: UInt16) throws -> SwiftStore {
                SwiftStore(
                    container,
                    makesContainer: true,
                    client: client,
                    identity: try server.identity(at: port)
                )
            }
            faulty = try store(proxy.port)
            direct = try store(server.port)
            // Then there is a container.
            let key = try ObjectKey("made")
            try direct.put([], at: key, in: scope)
            try direct.delete(key, in: scope)
        }
        let bench = Bench(
            proxy: proxy,
            store: RetriedStore(faulty, policy: Self.soon),
            direct: RetriedStore(direct)
        )
        #expect(try bench.store.promises(in: scope).hasAtomicCreate == isCreator)
        return bench
    }

    /// Who speaks S3; nil for who does not.
    private var s3: Result<S3Server, any Error>? {
        switch self {
        case .moto: S3Server.moto
        case .seaweed: S3Server.seaweed
        case .rados: S3Server.rados
        case .swift: nil
        }
    }

    private static var soon: RetryPolicy {
        var policy = RetryPolicy()
        policy.attempts = 2
        policy.first = .milliseconds(1)
        policy.longest = .milliseconds(10)
        return policy
    }
}
