// SPDX-License-Identifier: Apache-2.0
internal import Glibc
internal import Linux
internal import Synchronization
internal import TestKit
internal import Transfer

@testable internal import Objects

/// A real server that speaks S3, one for all tests of this program; each test has a bucket of its own in it.
final class S3Server: Sendable {
    /// Where `make stores` puts the servers of the Python package index.
    static let folder = getenv("MARTLET_STORES").map { String(cString: $0) } ?? ".build/stores"
    static let isThere = SeaweedFS.isThere
    static let key = AccessKey(id: "AK", secret: "SK")

    /// Python, and no judge of keys.
    static let moto = Result { try S3Server(.moto) }
    /// A server that people run.
    static let seaweed = Result { try S3Server(.seaweed) }

    /// Ceph's.
    static let rados = Result { try S3Server(.rados) }

    enum Kind: String { case moto, seaweed, rados }

    let port: UInt16
    private let server: any Sendable
    private let client: TransferClient
    private let count = Atomic(0)

    private init(_ kind: Kind) throws {
        client = try TransferClient()
        let place = "/var/tmp/martlet-objects-\(getpid())-\(kind)"
        let bin = S3Server.folder.hasPrefix("/") ? "\(S3Server.folder)/bin" : "$OLDPWD/\(S3Server.folder)/bin"
        switch kind {
        case .moto:
            port = try LoopbackServer.freePort()
            server = try SharedServer(
                "exec \(bin)/moto_server -H 127.0.0.1 -p \(port)",
                in: place,
                ready: "curl -sf http://127.0.0.1:\(port)/"
            )
        case .rados:
            port = try LoopbackServer.freePort()
            server = try SharedServer(
                try RadosGateway.script(port: port),
                in: place,
                ready: "curl -sf http://127.0.0.1:\(port)/"
            )
        case .seaweed:
            let weed = try SeaweedFS(in: place)
            (port, server) = (weed.port, weed)
        }
    }

    /// A store in a bucket of its own.
    func bucket(
        isPathStyle: Bool = true,
        key: AccessKey = S3Server.key,
        signature: S3Place.Signature = .v4,
        now: (@Sendable () -> Int64)? = nil
    ) throws -> S3Store {
        let name = "bucket-\(count.add(1, ordering: .relaxed).newValue)"
        let maker = S3Store(
            try S3Place(endpoint: TransferURL("http://127.0.0.1:\(port)"), bucket: name),
            client: client,
            keys: Self.key
        )
        let call = StoreCall("make", name, TransferScope())
        _ = try maker.client.perform(S3Request(method: "PUT"), for: [200], call)
        let host = isPathStyle ? "127.0.0.1" : "localhost"
        let place = try S3Place(
            endpoint: TransferURL("http://\(host):\(port)"),
            bucket: name,
            isPathStyle: isPathStyle,
            signature: signature
        )
        return S3Store(place, client: client, keys: key, now: now)
    }
}
