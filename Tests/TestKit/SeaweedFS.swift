// SPDX-License-Identifier: Apache-2.0
internal import Glibc

/// SeaweedFS, a server that people run, whose S3 knows one key: `AK`, `SK`.
public final class SeaweedFS: Sendable {
    /// Where `make stores` puts it.
    private static let folder = getenv("MARTLET_STORES").map { String(cString: $0) } ?? ".build/stores"
    /// Whether it is there.
    public static let isThere = access("\(folder)/bin/weed", X_OK) == 0

    /// The port of its S3, on the loopback.
    public let port: UInt16
    private let server: SharedServer

    /// Where its S3 is.
    public var endpoint: String { "http://127.0.0.1:\(port)" }

    /// Starts one in a folder, which is made and goes with it.
    ///
    /// Throws with its output if it does not take a bucket within a minute.
    public init(in place: String) throws {
        port = try LoopbackServer.freePort()
        let bin = Self.folder.hasPrefix("/") ? "\(Self.folder)/bin" : "$OLDPWD/\(Self.folder)/bin"
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
            ready: Self.making("ready", at: port)
        )
    }

    /// Makes a bucket.
    ///
    /// Throws if it does not.
    public func makeBucket(_ name: String) throws { try Shell.run(Self.making(name, at: port)) }

    private static func making(_ bucket: String, at port: UInt16) -> String {
        "curl -sf -X PUT --aws-sigv4 aws:amz:us-east-1:s3 --user AK:SK http://127.0.0.1:\(port)/\(bucket)"
    }

    /// A free port whose number and 10,000 is free as well: it takes both.
    private static func pair() throws -> UInt16 {
        while true {
            let port = try LoopbackServer.freePort(below: 22_768)
            if (try? LoopbackServer.connect(to: port + 10_000)) == nil { return port }
        }
    }
}
