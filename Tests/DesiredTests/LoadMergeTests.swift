internal import Testing

// SPDX-License-Identifier: Apache-2.0
@testable internal import Desired

@Suite struct LoadMergeTests {
    /// The value of one key of a service in a file, in the file after it, and in both together.
    static let keys: [(key: String, base: String, over: String, both: String)] = [
        ("image", "i", "j", "j"), ("command", "[a]", "[b]", "[b]"), ("command", "[a]", "null", "null"),
        ("entrypoint", "[a, b]", "[c]", "[c]"), ("hostname", "a", "", "a"), ("hostname", "a", "null", "a"),
        (
            "healthcheck", "{test: [CMD, a], interval: 1s}", "{test: [CMD, b]}",
            "{test: [CMD, b], interval: 1s}"
        ),
        ("environment", "{A: 1, B: 2}", "{A: 3, C: }", "{A: 3, B: 2, C: null}"),
        ("environment", "{A: 1}", "null", "{A: 1}"),
        ("labels", "{a: 1, b: 2}", "{a: 3}", "{a: 3, b: 2}"),
        ("cap_add", "[A]", "[A, B]", "[A, B]"), ("cap_drop", "[A]", "[B]", "[A, B]"),
        ("dns", "[1.1.1.1]", "[1.1.1.1, 2.2.2.2]", "[1.1.1.1, 2.2.2.2]"),
        ("dns_search", "[a]", "[b, a]", "[a, b]"), ("dns_opt", "['a:1']", "['a:2', 'a:1']", "[a:1, a:2]"),
        ("expose", "[80, 81]", "[80, 82]", "[80, 81, 82]"), ("profiles", "[]", "[]", "[]"),
        ("security_opt", "[a=1]", "[b, a=1]", "[a=1, b]"), ("group_add", "[1]", "[2, 1]", "[1, 2]"),
        ("environment", "{A: 1, B: 2}", "{A: }", "{A: null, B: 2}"),
        ("sysctls", "{a: 1}", "{a: 2, b: 3}", "{a: 2, b: 3}"),
        ("tmpfs", "['/a:size=1']", "['/a:size=2', /b]", "[/a:size=2, /b]"),
        (
            "ports", "[{target: 80, published: 80}, {target: 81, published: 81}]",
            "[{target: 80, published: 80, mode: host}, {target: 81, published: 82}, {target: 80, published: 80, protocol: udp}]",
            "[{target: 80, published: 80, mode: host}, {target: 81, published: 81}, {target: 81, published: 82}, {target: 80, published: 80, protocol: udp}]"
        ),
        (
            "ports", "[{target: 80, published: 80, host_ip: 127.0.0.1}]", "[{target: 80, published: 80}]",
            "[{target: 80, published: 80, host_ip: 127.0.0.1}, {target: 80, published: 80}]"
        ),
        (
            "volumes", "[{type: volume, source: v, target: /a}, {type: bind, source: /h, target: /b}]",
            "[{type: tmpfs, target: /b}, {type: bind, source: /x, target: /c}]",
            "[{type: volume, source: v, target: /a}, {type: tmpfs, target: /b}, {type: bind, source: /x, target: /c}]"
        ),
        (
            "volumes", "[{type: tmpfs, target: /a}]", "[{type: bind, target: /a/}]",
            "[{type: bind, target: /a/}]"
        ),
        (
            "devices", "[{source: /dev/a, target: /dev/x}]",
            "[{source: /dev/b, target: /dev/x}, {source: /dev/c, target: /dev/c}]",
            "[{source: /dev/b, target: /dev/x}, {source: /dev/c, target: /dev/c}]"
        ),
        (
            "secrets", "[{source: s}]", "[{source: s, target: t}, {source: s, mode: 0400}]",
            "[{source: s, mode: 0400}, {source: s, target: t}]"
        ),
        (
            "configs", "[{source: c}]", "[{source: c, target: /c, uid: 5}]",
            "[{source: c, target: /c, uid: 5}]"
        ),
        (
            "extra_hosts", "{a: [1.1.1.1]}", "{a: [2.2.2.2, 1.1.1.1], b: [1.1.1.1]}",
            "{a: [1.1.1.1, 2.2.2.2], b: [1.1.1.1]}"
        ),
        (
            "ulimits", "{nofile: {soft: 5, hard: 5}, nproc: {soft: 1, hard: 2}}",
            "{nproc: {soft: 7, hard: 7}}",
            "{nofile: {soft: 5, hard: 5}, nproc: {soft: 7, hard: 7}}"
        ),
        (
            "build", "{context: ., args: {A: 1, B: 2}, tags: [a]}",
            "{dockerfile: D, args: {A: 3}, tags: [a, b]}",
            "{context: ., args: {A: 3, B: 2}, tags: [a, b], dockerfile: D}"
        ),
        (
            "logging", "{driver: a, options: {x: y}}", "{driver: b, options: {z: q}}",
            "{driver: b, options: {z: q}}"
        ),
        (
            "logging", "{driver: a, options: {x: y}}", "{options: {z: q}}",
            "{driver: a, options: {x: y, z: q}}"
        ),
        ("logging", "{options: {x: y}}", "{driver: b}", "{options: {x: y}, driver: b}"),
        (
            "depends_on", "{x: {condition: service_started}}",
            "{y: {condition: service_healthy}, x: {condition: service_healthy}}",
            "{x: {condition: service_healthy}, y: {condition: service_healthy}}"
        ),
        (
            "networks", "{n: {aliases: [a, b]}}", "{n: {aliases: [b, c]}, m: }",
            "{n: {aliases: [a, b, c]}, m: null}"
        ),
        ("networks", "{n: {aliases: [a]}}", "{n: }", "{n: {aliases: [a]}}"),
        ("networks", "{n: }", "{n: {priority: 5}}", "{n: {priority: 5}}"),
        (
            "deploy", "{replicas: 1, placement: {constraints: [a==b]}}",
            "{replicas: 2, placement: {constraints: [a==b, c]}}",
            "{replicas: 2, placement: {constraints: [a==b, a==b, c]}}"
        ),
        ("extra_hosts", "[a=1.1.1.1]", "[a=2.2.2.2, a=1.1.1.1]", "[a=1.1.1.1, a=2.2.2.2]"),
        ("x-a", "{a: 1}", "{b: 2}", "{a: 1, b: 2}"), ("x-a", "[1]", "[2]", "[1, 2]"),
        ("ports", "[{target: 80}]", "!reset null", "nothing"),
        ("ports", "[{target: 80}]", "!reset []", "nothing"),
        ("ports", "[{target: 80}]", "!override [{target: 81}]", "[{target: 81}]"),
        ("environment", "{A: 1, B: 2}", "{A: !reset null}", "{B: 2}"),
        ("environment", "{A: 1}", "!override {B: 2}", "{B: 2}"),
        ("cap_add", "[A, B]", "[!reset A, C]", "[A, B, C]"),
        ("deploy", "{replicas: 1}", "!reset null", "nothing"),
    ]

    @Test(arguments: keys.indices)
    func `a key is merged by its rule`(_ index: Int) throws {
        let (key, base, over, both) = Self.keys[index]
        let findings = Findings(file: "app.yaml")
        func tree(_ value: String) -> Tree? {
            Document.read("services: {w: {\(key): \(value)}}", environment: [:], findings)
        }
        let merge = Merge(findings: findings, budget: Budget(), keepsTags: false)
        let merged = try merge(tree(base), #require(tree(over)))
        let value = merged?["services"]?["w"]?[key]
        #expect(value.map(Load.text) ?? "nothing" == both, "\(key): \(base) and \(over)")
        #expect(findings.problems == [])
    }

    @Test func `documents of one file are merged like files`() throws {
        let one = Load([
            "compose.yaml":
                "name: a\nservices: {w: {image: i, hostname: h}}\n---\nname: b\nservices: {w: {image: j}}\n"
        ])
        #expect(try one("services", "w") == "{image: j, hostname: h}")
        #expect(try one("name") == "b")
    }

    @Test func `an anchor is good for the documents after it`() throws {
        let load = Load(["compose.yaml": "x-e: &e {A: 1}\n---\nservices: {w: {image: i, environment: *e}}\n"])
        #expect(try load("services", "w", "environment") == "{A: 1}")
    }

    @Test func `whole sections are merged, reset and replaced`() throws {
        let base =
            "services: {a: {image: i, networks: {n: }}, b: {image: j}}\nnetworks: {n: {driver: bridge, labels: {a: 1}}}\n"
        #expect(
            try Load.merging(base, "services: {b: !reset }")("services")
                == "{a: {image: i, networks: {n: null}}}"
        )
        #expect(
            try Load.merging(base, "services: !override {c: {image: k}}")("services") == "{c: {image: k}}"
        )
        #expect(
            try Load.merging(base, "networks: {n: {internal: true, labels: {a: 2}}}")("networks")
                == "{n: {driver: bridge, labels: {a: 2}, internal: true}}"
        )
    }

    @Test func `subnets are merged by their prefix`() throws {
        let load = Load.merging(
            "services: {a: {image: i, networks: {n: }}}\nnetworks: {n: {ipam: {config: [{subnet: 10.0.0.0/24}]}}}",
            "networks: {n: {ipam: {config: [{subnet: 10.0.0.0/24, gateway: 10.0.0.1}, {subnet: 10.1.0.0/24}]}}}"
        )
        #expect(
            try load("networks", "n", "ipam", "config")
                == "[{subnet: 10.0.0.0/24, gateway: 10.0.0.1}, {subnet: 10.1.0.0/24}]"
        )
    }

    @Test func `a tag in the first file only marks`() throws {
        let load = Load([
            "compose.yaml": "services: {a: {image: i, cap_add: !override [A, !reset B], dns: !reset [x]}}"
        ])
        #expect(try load("services", "a") == "{image: i, cap_add: [A]}")
    }

    @Test func `what is of two kinds names both places`() {
        let load = Load.merging(
            "services:\n  a:\n    image: i\nx-a:\n  b: {c: 1}\n",
            "x-a:\n  b: [1]\n"
        )
        #expect(
            load.problems == [
                "f1.yaml:2:6: x-a.b: is a list, but a mapping in f0.yaml:5: write the same kind in both places, or put '!override' before this one"
            ]
        )
    }

    @Test func `a merged value has the place it comes from`() throws {
        let project = try Load.merging(
            "services:\n  a:\n    image: i\n    hostname: h\n",
            "services:\n  a:\n    image: j\n"
        ).project()
        let image = try #require(project.position(of: "services.a.image"))
        #expect(image.file == "f1.yaml" && image.line == 3 && image.column == 5)
        let host = try #require(project.position(of: "services.a.hostname"))
        #expect(host.file == "f0.yaml" && host.line == 4)
        let absent = try #require(project.position(of: "services.a.ports[0].target"))
        #expect(absent.file == "f0.yaml" && absent.line == 2)
    }
}
