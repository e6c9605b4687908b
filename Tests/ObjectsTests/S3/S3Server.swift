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
    static let isThere = access("\(folder)/bin/weed", X_OK) == 0
    static let key = AccessKey(id: "AK", secret: "SK")

    /// Python, and no judge of keys.
    static let moto = Result { try S3Server(.moto) }
    /// A server that people run.
    static let seaweed = Result { try S3Server(.seaweed) }

    /// Ceph's.
    static let rados = Result { try S3Server(.rados) }

    enum Kind: String { case moto, seaweed, rados }

    let port: UInt16
    private let server: SharedServer
    private let client: TransferClient
    private let count = Atomic(0)

    private init(_ kind: Kind) throws {
        client = try TransferClient()
        port = try LoopbackServer.freePort()
        let place = "/var/tmp/martlet-objects-\(getpid())-\(kind)"
        let bin = S3Server.folder.hasPrefix("/") ? "\(S3Server.folder)/bin" : "$OLDPWD/\(S3Server.folder)/bin"
        switch kind {
        case .moto:
            server = try SharedServer(
                "exec \(bin)/moto_server -H 127.0.0.1 -p \(port)",
                in: place,
                ready: "curl -sf http://127.0.0.1:\(port)/"
            )
        case .rados:
            server = try SharedServer(
                try RadosGateway.script(port: port),
                in: place,
                ready: "curl -sf http://127.0.0.1:\(port)/"
            )
        case .seaweed:
            let ports = try (0..<3).map { _ in try Self.pair() }
            server = try SharedServer(
                """
                mkdir data; cat >keys <<E
                {"identities": [{"name": "test", "credentials": [{"accessKey": "AK", "secretKey": "SK"}], "actions": ["Admin"]}]}
                E
                exec \(bin)/weed server -ip=127.0.0.1 -ip.bind=127.0.0.1 -dir=data -volume.max=1000 \
                -master.volumeSizeLimitMB=16 -master.port=\(ports[0]) -volume.port=\(ports[1]) -filer \
                -filer.port=\(ports[2]) -s3 -s3.port=\(port) -s3.port.grpc=\(try LoopbackServer.freePort()) \
                -s3.port.iceberg=0 -s3.port.lance=0 -s3.config=keys -s3.iam=false -master.telemetry=false
                """,
                in: place,
                ready: Self.bucketCommand(port, "ready")
            )
        }
    }

    /// A free port whose number and 10,000 is free as well: SeaweedFS takes both.
    private static func pair() throws -> UInt16 {
        while true {
            let port = try LoopbackServer.freePort(below: 22_768)
            if (try? LoopbackServer.connect(to: port + 10_000)) == nil { return port }
        }
    }

    private static func bucketCommand(_ port: UInt16, _ name: String) -> String {
        "curl -sf -X PUT --aws-sigv4 aws:amz:us-east-1:s3 --user AK:SK http://127.0.0.1:\(port)/\(name)"
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
