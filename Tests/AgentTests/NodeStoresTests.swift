internal import Desired
internal import Linux
internal import Objects
internal import TestKit
internal import Testing
internal import Transfer

// SPDX-License-Identifier: Apache-2.0
@testable internal import Agent

/// The stores of a node file, as the agent makes them.
@Suite(.timeLimit(.minutes(5))) struct NodeStoresTests {
    @Test func `a bucket is asked with the key of its file, which is read again`() throws {
        let folder = try RecordsFolder()
        let file = "\(folder.path)/s3.json"
        func write(_ id: String) throws {
            try Shell.run(#"echo '{"AccessKeyId": "\#(id)", "SecretAccessKey": "SK"}' >\#(file)"#)
        }
        let server = try WebServer { asked in
            let isOld = asked.fields["authorization"]?.contains("Credential=OLD/") == true
            let stale = "<Error><Code>ExpiredToken</Code></Error>"
            return isOld
                ? Answer(status: 400, body: Array(stale.utf8))
                : Answer(fields: [("ETag", "\"a\"")], body: Array("hello".utf8))
        }
        let yaml = """
            format: 1
            stores:
              files: { dir: \(folder.path) }
              cloud: { s3: { endpoint: "http://\(server.name)/s3", bucket: abc, prefix: nodes/seven, auth: \(file) } }

            """
        try write("NEW")
        let stores = try NodeStores(NodeSettings.decode(yaml: yaml, file: "node.yaml").stores)
        #expect(stores.all.keys.sorted() == ["cloud", "files"] && stores.all["files"] is DirectoryStore)
        let cloud = try #require(stores.all["cloud"]), scope = TransferScope()
        #expect(try cloud.get(ObjectKey("a b"), limit: 10, in: scope).bytes == Array("hello".utf8))
        #expect(server.asked.map(\.target) == ["/s3/abc/nodes/seven/a%20b"])
        #expect(server.asked[0].fields["authorization"]?.contains("Credential=NEW/") == true)
        let figures = try #require(stores.meters["cloud"]?.figures["get"])
        #expect(figures.count == 1 && figures.failures == 0 && figures.bytes == 5 && stores.meters.count == 1)
        try write("OLD")
        let later = try NodeStores(NodeSettings.decode(yaml: yaml, file: "node.yaml").stores)
        let other = try #require(later.all["cloud"])
        #expect(throws: ObjectError.self) { try other.get(ObjectKey("a"), limit: 10, in: scope) }
        #expect(later.meters["cloud"]?.figures["get"]?.failures == 1)
    }

    @Test func `an encrypted store has the keys of its files, and says what is wrong with them`() throws {
        let folder = try RecordsFolder(), scope = TransferScope(), key = try ObjectKey("a")
        try Shell.run(
            "mkdir -m 755 \(folder.path)/store; echo \(String(repeating: "ab", count: 32)) >\(folder.path)/key"
        )
        func store() throws -> any ObjectStore {
            let yaml = """
                format: 1
                stores:
                  safe: { dir: \(folder.path)/store, encrypt: \(folder.path)/key }

                """
            return try #require(
                try NodeStores(NodeSettings.decode(yaml: yaml, file: "node.yaml").stores).all["safe"]
            )
        }
        try store().put(Array("word".utf8), at: key, in: scope)
        #expect(try store().get(key, limit: 10, in: scope).bytes == Array("word".utf8))
        #expect(try Shell.run("grep -c word \(folder.path)/store/a || :") == "0\n")
        func reason() -> String {
            do { _ = try store().get(key, limit: 10, in: scope) } catch { return "\(error)" }
            return "none"
        }
        try Shell.run("echo 12 >\(folder.path)/key")
        #expect(reason().contains("has not 64 hexadecimal digits"), "\(reason())")
        try Shell.run("rm \(folder.path)/key")
        #expect(reason().contains("ENOENT"), "\(reason())")
    }

    @Test(arguments: ["auth/v1.0", "v3"])
    func `a container is opened by the credentials of its file`(_ path: String) throws {
        let folder = try RecordsFolder()
        let file = "\(folder.path)/swift.json"
        try Shell.run(
            #"echo '{"username": "u", "password": "p", "user_domain_id": "d", "project_id": "x"}' >\#(file)"#
        )
        let server = try WebServer { asked in
            let account = "http://\(asked.fields["host"] ?? "")/v1/AUTH_x"
            switch asked.path {
            case "/auth/v1.0":
                guard asked.fields["x-auth-user"] == "u", asked.fields["x-auth-key"] == "p" else { break }
                return Answer(fields: [("X-Storage-Url", account), ("X-Auth-Token", "t")])
            case "/v3/auth/tokens":
                guard String(decoding: asked.body, as: UTF8.self).contains(#""password":"p""#) else { break }
                let text = """
                    {"token": {"expires_at": "2015-08-30T13:36:00Z", "catalog": [{"type": "object-store", "endpoints":
                    [{"interface": "internal", "region_id": "eu-1", "url": "\(account)"}]}]}}
                    """
                return Answer(status: 201, fields: [("X-Subject-Token", "t")], body: Array(text.utf8))
            default:
                guard asked.fields["x-auth-token"] == "t" else { break }
                return Answer(
                    fields: [("ETag", "5d41402abc4b2a76b9719d911017c592")],
                    body: Array("hello".utf8)
                )
            }
            return Answer(status: 401)
        }
        let place = path == "v3" ? "region: eu-1, interface: internal, " : ""
        let yaml = """
            format: 1
            stores:
              box: { swift: { auth_url: "http://\(server.name)/\(path)", \(place)container: box, prefix: nodes, auth: \(file) } }

            """
        let stores = try NodeStores(NodeSettings.decode(yaml: yaml, file: "node.yaml").stores)
        let box = try #require(stores.all["box"]), scope = TransferScope()
        #expect(try box.get(ObjectKey("a b"), limit: 10, in: scope).bytes == Array("hello".utf8))
        #expect(server.asked.last?.target == "/v1/AUTH_x/box/nodes/a%20b")
        #expect(stores.meters["box"]?.figures["get"]?.bytes == 5)
        try Shell.run("echo '{}' >\(file)")
        let later = try NodeStores(NodeSettings.decode(yaml: yaml, file: "node.yaml").stores)
        let error = #expect(throws: ObjectError.self) {
            try later.all["box"]?.get(ObjectKey("a"), limit: 10, in: scope)
        }
        #expect(error?.description.contains("read auth: has no credentials of OpenStack: write") == true)
    }
}
