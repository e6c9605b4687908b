// SPDX-License-Identifier: Apache-2.0
internal import Glibc
internal import Linux
public import Objects
internal import Synchronization
public import Transfer

/// A real OpenStack Swift, one for all tests of this program; each test has a container of its own in it.
///
/// One replica in one folder: a proxy with TempAuth and the language of S3, and the three servers behind it.
public final class SwiftServer: Sendable {
    /// Where `make stores` puts Swift and Keystone.
    public static let folder = getenv("MARTLET_OPENSTACK").map { String(cString: $0) } ?? ".build/openstack"
    /// Whether they are there.
    public static let isThere = access("\(folder)/wanted", R_OK) == 0
    /// The same folder, from the shell of a server.
    public static let absolute = folder.hasPrefix("/") ? folder : "$OLDPWD/\(folder)"
    /// The Python that they are for.
    public static let python = "\(absolute)/bin/python -W ignore"

    /// The one.
    public static let shared = Result { try SwiftServer() }

    /// The port of its proxy.
    public let port: UInt16
    /// Where its rings are, for another proxy.
    public static let place = "/var/tmp/martlet-objects-\(getpid())-swift"
    /// What asks it.
    public let client: TransferClient
    private let server: SharedServer
    private let count = Atomic(0)

    private init() throws {
        client = try TransferClient()
        port = try LoopbackServer.freePort()
        let ports = try (0..<3).map { _ in try LoopbackServer.freePort() }
        let back = zip(["object", "container", "account"], ports)
        let files = back.map { name, port in
            Self.configuration(
                of: name,
                port,
                in: Self.place,
                """
                devices = \(Self.place)/disks
                mount_check = false
                disable_fallocate = true
                """,
                pipeline: "\(name)-server",
                "[app:\(name)-server]\nuse = egg:swift#\(name)"
            )
        }
        // A token says itself what it is: no cache beside the servers is needed.
        let proxy = Self.proxy(
            "proxy",
            port,
            in: Self.place,
            identity: "s3api tempauth",
            """
            [filter:s3api]
            use = egg:swift#s3api
            location = us-east-1
            force_swift_request_proxy_log = false
            [filter:tempauth]
            use = egg:swift#tempauth
            user_test_tester = testing .admin
            user_test_reader = reading
            fernet_key_one = YWFhYWFhYWFhYWFhYWFhYWFhYWFhYWFhYWFhYWFhYWE=
            active_fernet_key_id = one
            """
        )
        server = try SharedServer(
            """
            mkdir -p disks/d1
            printf '[swift-hash]\\nswift_hash_path_suffix = martlet\\n' >swift.conf
            \(Self.python) - \(back.map { "\($0):\($1)" }.joined(separator: " ")) <<E
            import sys
            from swift.common.ring import RingBuilder
            for name, port in (word.split(":") for word in sys.argv[1:]):
                builder = RingBuilder(4, 1, 0)
                builder.add_dev({"region": 1, "zone": 1, "ip": "127.0.0.1", "port": int(port), "device": "d1", "weight": 1})
                builder.rebalance()
                builder.get_ring().save(name + ".ring.gz")
            E
            \((files + [proxy]).joined(separator: "\n"))
            wait
            """,
            in: Self.place,
            ready:
                "curl -sf -H X-Auth-User:test:tester -H X-Auth-Key:testing http://127.0.0.1:\(port)/auth/v1.0"
        )
    }

    /// The script that starts a proxy before the servers of a folder, with these filters for who may ask.
    public static func proxy(
        _ name: String,
        _ port: UInt16,
        in place: String,
        identity: String,
        _ filters: String
    ) -> String {
        configuration(
            of: name,
            port,
            in: place,
            "",
            pipeline: "catch_errors proxy-logging listing_formats bulk \(identity) slo proxy-server",
            """
            [app:proxy-server]
            use = egg:swift#proxy
            account_autocreate = true
            [filter:catch_errors]
            use = egg:swift#catch_errors
            [filter:proxy-logging]
            use = egg:swift#proxy_logging
            [filter:listing_formats]
            use = egg:swift#listing_formats
            [filter:bulk]
            use = egg:swift#bulk
            [filter:slo]
            use = egg:swift#slo
            \(filters)
            """
        )
    }

    private static func configuration(
        of name: String,
        _ port: UInt16,
        in place: String,
        _ defaults: String,
        pipeline: String,
        _ sections: String
    ) -> String {
        let program = name.hasPrefix("proxy") ? "proxy" : name
        return """
            cat >\(name).conf <<E
            [DEFAULT]
            bind_ip = 127.0.0.1
            bind_port = \(port)
            workers = 0
            user = $(id -un)
            swift_dir = \(place)
            log_address = /dev/null
            # A small machine takes its time; lists are of what was put, and not of what came through by then.
            conn_timeout = 30
            node_timeout = 60
            container_update_timeout = 60
            \(defaults)
            [pipeline:main]
            pipeline = \(pipeline)
            \(sections)
            E
            \(python) -c '
            import os, runpy, sys
            os.setsid = lambda: None  # in a session of its own it would outlive the tests
            sys.argv = sys.argv[1:]
            runpy.run_path(sys.argv[0], run_name="__main__")
            ' \(absolute)/bin/swift-\(program)-server \(name).conf &
            """
    }

    /// Who gives its tokens, which are for the port that is asked.
    public func identity(
        user: String = "test:tester",
        password: String = "testing",
        at port: UInt16? = nil
    ) throws -> TempAuth {
        let words = #"{"username": "\#(user)", "password": "\#(password)"}"#
        return TempAuth(
            try TransferURL("http://127.0.0.1:\(port ?? self.port)/auth/v1.0"),
            client,
            SwiftCredentialSource("auth") { SwiftCredentials(json: Array(words.utf8)) },
            trust: { () throws(ObjectError) in TransferTrust() }
        )
    }

    /// A store in a container of its own, which is not there yet.
    public func store(prefix: String = "") throws -> SwiftStore {
        SwiftStore(
            container(),
            prefix: prefix,
            makesContainer: true,
            client: client,
            identity: try identity()
        )
    }

    /// The same in the language of S3.
    public func bucket() throws -> S3Store {
        let store = try store(), key = try ObjectKey("made"), scope = TransferScope()
        try store.put([], at: key, in: scope)
        try store.delete(key, in: scope)
        let place = try S3Place(
            endpoint: TransferURL("http://127.0.0.1:\(port)"),
            bucket: store.container
        )
        return S3Store(place, client: client, keys: AccessKey(id: "test:tester", secret: "testing"))
    }

    /// The name of a container of a test's own.
    public func container() -> String { "container-\(count.add(1, ordering: .relaxed).newValue)" }
}
