// SPDX-License-Identifier: Apache-2.0
internal import Desired
internal import Testing

/// `stores` of a node file, and the sources that are objects of one.
@Suite struct NodeStoresTests {
    private func problems(_ yaml: String) -> [String] {
        do throws(Report) {
            _ = try NodeSettings.decode(yaml: "format: 1\n" + yaml, file: "node.yaml")
            return []
        } catch {
            return error.problems.map(\.description)
        }
    }

    @Test func `stores are directories, and sources name their objects`() throws {
        let yaml = """
            format: 1
            stores:
              files: { dir: { path: /srv/objects } }
              Back.up-2: { dir: /srv//more }
            sources:
              - { name: mine, store: { name: files, key: "nodes/{node}.yaml" }, every: 5s, optional: true }
              - { name: all, store: { name: Back.up-2, key: app@1.0_x+y=~z.json } }

            """
        let settings = try NodeSettings.decode(yaml: yaml, file: "node.yaml")
        #expect(
            settings.stores == ["files": .directory("/srv/objects"), "Back.up-2": .directory("/srv/more")]
        )
        #expect(
            settings.sources.map(\.origin) == [
                .object(store: "files", key: "nodes/{node}.yaml"),
                .object(store: "Back.up-2", key: "app@1.0_x+y=~z.json"),
            ]
        )
        #expect(settings.sources[0].isOptional && settings.sources[0].every == .seconds(5))
    }

    @Test func `one store may be for the node's own state`() throws {
        func store(_ yaml: String) throws -> String? {
            try NodeSettings.decode(yaml: "format: 1\n\(yaml)\n", file: "node.yaml").stateStore
        }
        #expect(try store("stores: { a: { dir: /a } }") == nil)
        #expect(try store("stores: { a: { dir: /a }, b: { dir: /b, use_for: [node-state] } }") == "b")
        #expect(try store("stores: { a: { dir: /a, use_for: node-state } }") == "a")
    }

    @Test(arguments: [
        ("stores: []", "stores: must be a mapping"), ("stores: {a: x}", "stores.a: must be a mapping"),
        ("stores: {a: {}}", "'dir' is missing: add for example 'dir: {path: /srv/objects}', 's3' or 'swift'"),
        ("stores: {a: {dir: {}}}", "'path' is missing"), ("stores: {a: {dir: b}}", "is not an absolute path"),
        ("stores: {a: {dir: {path: /a/../b}}}", "is not an absolute path"),
        ("stores: {a: {dir: {path: /a, on_mount: true}}}", "on_mount: not supported yet"),
        ("stores: {'a b': {dir: /a}}", "'a b' is not the name of a store"),
        ("stores: {-a: {dir: /a}}", "'-a' is not the name of a store"),
        ("stores: {a: {directory: /a}}", "unknown key"),
        (
            "stores: {a: {dir: /a, encrypt: []}}",
            "must be 1 to 16 files with a key each: write for example 'encrypt:"
        ),
        ("stores: {a: {dir: /a, encrypt: key}}", "is not an absolute path"),
        (
            "stores: {a: {dir: /a, encrypt: [/k, 'cred:a/b']}}",
            "'a/b' is not the name of a systemd credential"
        ),
        ("stores: {a: {encrypt: /k}}", "'dir' is missing"),
        (
            "stores: {a: {dir: /a, use_for: [all]}}",
            "stores.a.use_for[0]: 'all' is not what a store can be for"
        ),
        (
            "stores: {a: {dir: /a, use_for: [node-state]}, b: {dir: /b, use_for: node-state}}",
            "stores.b.use_for: 'a' is for the node's state already: keep it in one of them"
        ),
        ("sources: [{name: s, store: {name: files, key: k}}]", "'files' is not under stores: add 'stores:"),
    ])
    func `a store that cannot be meant is refused`(_ yaml: String, _ words: String) {
        let found = problems("\(yaml)\n")
        #expect(found.contains { $0.contains(words) }, "\(found)")
    }

    @Test func `a store of any kind may be encrypted, with one key or several`() throws {
        let yaml = """
            format: 1
            stores:
              one: { dir: /srv/objects, encrypt: cred:store.key }
              two: { s3: { endpoint: "https://store.test", bucket: abc }, encrypt: [/etc/new.key, /etc/old.key] }

            """
        let stores = try NodeSettings.decode(yaml: yaml, file: "node.yaml").stores
        #expect(stores["one"] == .sealed(.directory("/srv/objects"), keys: [.credential("store.key")]))
        let bucket = StoreSettings.s3(.init(endpoint: "https://store.test", bucket: "abc"))
        #expect(stores["two"] == .sealed(bucket, keys: [.path("/etc/new.key"), .path("/etc/old.key")]))
        #expect(stores["two"]?.isSealed == true && !bucket.isSealed)
    }

    @Test func `a bucket of S3 has a server, a key and what is required of it`() throws {
        let yaml = """
            format: 1
            stores:
              cloud: { s3: { endpoint: "https://s3.eu-1.amazonaws.com", bucket: node.files-2 } }
              own:
                s3:
                  endpoint: http://10.0.0.1:9000/s3
                  bucket: files
                  region: eu-1
                  path_style: false
                  prefix: nodes/seven
                  auth: cred:s3.json
                  owner: "123456789012"
                  require: [atomic-create, checksum]
                  signature: v2
              safe: { s3: { endpoint: "https://store.test", bucket: abc, prefix: a/, ca: /etc/ca.pem, auth: /etc/s3 } }

            """
        let stores = try NodeSettings.decode(yaml: yaml, file: "node.yaml").stores
        var cloud = StoreSettings.S3(endpoint: "https://s3.eu-1.amazonaws.com", bucket: "node.files-2")
        cloud.isPathStyle = false
        var own = StoreSettings.S3(endpoint: "http://10.0.0.1:9000/s3", bucket: "files")
        (own.region, own.isPathStyle, own.prefix) = ("eu-1", false, "nodes/seven/")
        (own.credentials, own.owner) = (.credential("s3.json"), "123456789012")
        own.requirements = [.atomicCreate, .checksum]
        own.hasOldSignature = true
        var safe = StoreSettings.S3(endpoint: "https://store.test", bucket: "abc")
        (safe.prefix, safe.credentials, safe.authorities) = ("a/", .path("/etc/s3"), .path("/etc/ca.pem"))
        #expect(stores == ["cloud": .s3(cloud), "own": .s3(own), "safe": .s3(safe)])
    }

    @Test(arguments: [
        ("{bucket: abc}", "'endpoint' is missing"), ("{endpoint: 'https://a.test'}", "'bucket' is missing"),
        ("x", "must be a mapping"),
        ("{endpoint: 'ftp://a.test', bucket: abc}", "is not the address of a store"),
        ("{endpoint: 'https://u:p@a.test', bucket: abc}", "is not the address of a store"),
        ("{endpoint: 'https://a.test/?x', bucket: abc}", "is not the address of a store"),
        ("{endpoint: 'https://a.test', bucket: ab}", "is not the name of a bucket"),
        ("{endpoint: 'https://a.test', bucket: Abc}", "is not the name of a bucket"),
        ("{endpoint: 'https://a.test', bucket: -abc}", "is not the name of a bucket"),
        ("{endpoint: 'https://a.test', bucket: a/c}", "is not the name of a bucket"),
        ("{endpoint: 'https://a.test', bucket: a..c}", "is not the name of a bucket"),
        ("{endpoint: 'https://a.test', bucket: abc, signature: v3}", "is not a version of signatures"),
        ("{endpoint: 'https://a.test', bucket: abc, region: 'a b'}", "is not a region"),
        ("{endpoint: 'https://a.test', bucket: abc, prefix: ../a}", "is not what keys begin with"),
        ("{endpoint: 'https://a.test', bucket: abc, prefix: /a}", "is not what keys begin with"),
        ("{endpoint: 'https://a.test', bucket: abc, owner: '1'}", "is not the number of an account"),
        (
            "{endpoint: 'https://a.test', bucket: abc, require: [If-Match]}",
            "is not what can be required of a store"
        ),
        ("{endpoint: 'http://a.test', bucket: abc, ca: /a}", "means nothing without TLS"),
        ("{endpoint: 'https://a.test', bucket: abc, auth: AK}", "is not an absolute path"),
        ("{endpoint: 'https://a.test', bucket: abc, secret: x}", "unknown key"),
    ])
    func `a bucket that cannot be meant is refused`(_ bucket: String, _ words: String) {
        let found = problems("stores: {a: {s3: \(bucket)}}\n")
        #expect(found.count == 1 && found[0].contains(words), "\(found)")
    }

    @Test func `a store is of one kind`() {
        let found = problems("stores: {a: {dir: /a, s3: {endpoint: 'https://a.test', bucket: abc}}}\n")
        #expect(found.count == 1 && found[0].contains("is of several kinds: dir, s3"), "\(found)")
    }

    @Test(arguments: [
        ("{name: files}", "'key' is missing"), ("{key: k}", "'name' is missing"),
        ("files", "must be a mapping"),
        ("{name: flies, key: k}", "'flies' is not under stores: did you mean"),
        ("{name: files, key: k, prefix: a}", "unknown key"), ("{name: files, key: ''}", "is not the key"),
        ("{name: files, key: /k}", "is not the key"), ("{name: files, key: k/}", "is not the key"),
        ("{name: files, key: a//k}", "is not the key"), ("{name: files, key: ../k}", "is not the key"),
        ("{name: files, key: a/./k}", "is not the key"), ("{name: files, key: 'a b'}", "is not the key"),
        ("{name: files, key: '{other}/k'}", "is not the key"), ("{name: files, key: ñ}", "is not the key"),
        ("{name: files, key: \(String(repeating: "k", count: 251))}", "is not the key"),
        ("{name: files, key: \(String(repeating: "k/", count: 500))kk}", "is not the key"),
    ])
    func `an object that cannot be meant is refused`(_ object: String, _ words: String) {
        let found = problems("stores: {files: {dir: /a}}\nsources: [{name: s, store: \(object)}]\n")
        #expect(found.count == 1 && found[0].contains(words), "\(found)")
    }

    @Test func `two sources are not one object`() {
        let found = problems(
            """
            stores: {files: {dir: /a}}
            sources: [{name: a, store: {name: files, key: k}}, {name: b, store: {name: files, key: k}}]

            """
        )
        #expect(found.count == 1 && found[0].contains("the same place as another source"), "\(found)")
    }
}
