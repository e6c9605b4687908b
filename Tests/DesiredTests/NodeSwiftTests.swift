// SPDX-License-Identifier: Apache-2.0
internal import Desired
internal import Testing

/// Stores of a node file that are containers of OpenStack Swift.
@Suite struct NodeSwiftTests {
    @Test func `a container has who gives tokens, and a place`() throws {
        let yaml = """
            format: 1
            stores:
              backups: { swift: { auth_url: "https://keystone.example.net/v3", container: backups, auth: cred:swift.json } }
              own:
                swift:
                  auth_url: https://keystone.example.net:5000/identity/v3/
                  container: node.files-2
                  region: eu-1
                  interface: internal
                  prefix: nodes/seven
                  ca: /etc/ca.pem
                  create: true
                  require: [checksum]
              ceph: { swift: { auth_url: "http://127.0.0.1:7480/auth/1.0", container: files, auth: /etc/swift.json } }
              old: { swift: { auth_url: "https://swift.test/auth/v1.0", container: files } }

            """
        let stores = try NodeSettings.decode(yaml: yaml, file: "node.yaml").stores
        typealias Container = StoreSettings.SwiftContainer
        var backups = Container(
            login: "https://keystone.example.net/v3",
            version: .keystone,
            container: "backups"
        )
        backups.credentials = .credential("swift.json")
        var own = Container(
            login: "https://keystone.example.net:5000/identity/v3/",
            version: .keystone,
            container: "node.files-2"
        )
        (own.region, own.interface, own.prefix, own.isMade) = ("eu-1", "internal", "nodes/seven/", true)
        (own.authorities, own.requirements) = (.path("/etc/ca.pem"), [.checksum])
        var ceph = Container(login: "http://127.0.0.1:7480/auth/1.0", version: .tempAuth, container: "files")
        ceph.credentials = .path("/etc/swift.json")
        let old = Container(login: "https://swift.test/auth/v1.0", version: .tempAuth, container: "files")
        #expect(
            stores == [
                "backups": .swift(backups), "own": .swift(own), "ceph": .swift(ceph), "old": .swift(old),
            ]
        )
    }

    @Test(arguments: [
        ("{container: c}", "'auth_url' is missing"),
        ("{auth_url: 'https://k.test/v3'}", "'container' is missing"),
        ("x", "must be a mapping"),
        ("{auth_url: 'ftp://k.test/v3', container: c}", "is not the address of who gives tokens"),
        ("{auth_url: 'https://u:p@k.test/v3', container: c}", "is not the address of who gives tokens"),
        ("{auth_url: 'https://k.test/v2.0', container: c}", "does not say which version is spoken there"),
        ("{auth_url: 'https://k.test', container: c}", "does not say which version is spoken there"),
        ("{auth_url: 'https://k.test/v3', container: a/b}", "is not the name of a container"),
        ("{auth_url: 'https://k.test/v3', container: ''}", "is not the name of a container"),
        (
            "{auth_url: 'https://k.test/v3', container: \(String(repeating: "c", count: 248))}",
            "is not the name of a container"
        ),
        ("{auth_url: 'https://k.test/v3', container: c, region: 'a b'}", "is not a region"),
        (
            "{auth_url: 'https://k.test/v3', container: c, interface: private}",
            "is not an address of a catalog"
        ),
        ("{auth_url: 'https://k.test/v1.0', container: c, region: eu-1}", "means nothing without a catalog"),
        ("{auth_url: 'https://k.test/v3', container: c, prefix: ../a}", "is not what keys begin with"),
        ("{auth_url: 'http://k.test/v3', container: c, ca: /a}", "means nothing without TLS"),
        ("{auth_url: 'https://k.test/v3', container: c, auth: secret}", "is not an absolute path"),
        ("{auth_url: 'https://k.test/v3', container: c, password: x}", "unknown key"),
        (
            "{auth_url: 'https://k.test/v3', container: c, require: [atomic-create]}",
            "atomic-create is not kept by OpenStack Swift"
        ),
    ])
    func `a container that cannot be meant is refused`(_ container: String, _ words: String) {
        do throws(Report) {
            _ = try NodeSettings.decode(
                yaml: "format: 1\nstores: {a: {swift: \(container)}}\n",
                file: "node.yaml"
            )
            Issue.record("it was taken")
        } catch {
            let found = error.problems.map(\.description)
            #expect(found.count == 1 && found[0].contains(words), "\(found)")
        }
    }
}
