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

    @Test(arguments: [
        ("stores: []", "stores: must be a mapping"), ("stores: {a: x}", "stores.a: must be a mapping"),
        ("stores: {a: {}}", "'dir' is missing: add for example 'dir: {path: /srv/objects}'"),
        ("stores: {a: {dir: {}}}", "'path' is missing"), ("stores: {a: {dir: b}}", "is not an absolute path"),
        ("stores: {a: {dir: {path: /a/../b}}}", "is not an absolute path"),
        ("stores: {a: {dir: {path: /a, on_mount: true}}}", "on_mount: not supported yet"),
        ("stores: {'a b': {dir: /a}}", "'a b' is not the name of a store"),
        ("stores: {-a: {dir: /a}}", "'-a' is not the name of a store"),
        ("stores: {a: {directory: /a}}", "unknown key"),
        ("stores: {a: {dir: /a, use_for: [node-state]}}", "stores.a.use_for: not supported yet"),
        ("sources: [{name: s, store: {name: files, key: k}}]", "'files' is not under stores: add 'stores:"),
    ])
    func `a store that cannot be meant is refused`(_ yaml: String, _ words: String) {
        let found = problems("\(yaml)\n")
        #expect(found.contains { $0.contains(words) }, "\(found)")
    }

    @Test(arguments: ["s3", "swift"])
    func `a kind of store that is to come is refused by its name`(_ kind: String) {
        let found = problems(
            "stores: {a: {\(kind): {}}}\nsources: [{name: s, store: {name: a, key: k}}]\n"
        )
        #expect(found.first == "node.yaml:2:14: stores.a.\(kind): not supported yet: use 'dir'", "\(found)")
        #expect(found.count == 1, "\(found)")
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
