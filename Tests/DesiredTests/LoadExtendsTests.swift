internal import Testing

// SPDX-License-Identifier: Apache-2.0
@testable internal import Desired

@Suite struct LoadExtendsTests {
    @Test func `a service extends one of its own file`() throws {
        let load = Load([
            "compose.yaml": """
            services:
              c: {extends: {service: b}, environment: {C: c}, expose: ['3']}
              a: {image: i, command: [a], expose: ['1'], environment: {A: a, B: a}, profiles: []}
              b: {extends: a, environment: {B: b}, expose: ['2']}
            """
        ])
        #expect(
            try load("services", "c")
                == "{image: i, command: [a], expose: [1, 2, 3], environment: {A: a, B: b, C: c}, profiles: []}"
        )
    }

    @Test func `a service of another file is extended through chains of files`() throws {
        let load = Load(
            [
                "compose.yaml": "services: {a: {extends: {file: sub/o.yaml, service: b}, hostname: h}}",
                "sub/o.yaml":
                    "name: zzz\ninclude: [nowhere.yaml]\nservices: {b: {extends: {file: deep/p.yaml, service: c}, command: [b]}}",
                "sub/deep/p.yaml":
                    "services: {c: {extends: d, image: \"$TAG\"}, d: {hostname: d, stop_signal: d}}",
            ],
            ["TAG": "t"]
        )
        #expect(try load("services") == "{a: {hostname: h, stop_signal: d, image: t, command: [b]}}")
        #expect(try load("name") == "app")
    }

    @Test func `tags say what is kept of the extended service`() throws {
        let load = Load([
            "compose.yaml":
                "services: {a: {image: i, expose: ['1'], environment: {A: 1}}, b: {extends: a, expose: !reset [], environment: !override {C: 3}}}"
        ])
        #expect(try load("services", "b") == "{image: i, environment: {C: 3}}")
    }

    @Test func `a tag reaches the files before, too`() throws {
        let load = Load.merging(
            "services: {b: {image: i, expose: ['1'], dns: [x]}}",
            "services: {b: {extends: z, expose: !override ['2'], dns: !reset []}, z: {image: j, expose: ['3'], dns: [y]}}"
        )
        #expect(try load("services", "b") == "{image: j, expose: [2]}")
    }

    @Test func `extending comes before merging`() throws {
        let load = Load.merging(
            "services: {a: {image: i, command: [x]}}",
            "services: {a: {extends: z, hostname: h}, z: {image: zz, hostname: zh, command: [zc]}}"
        )
        #expect(try load("services", "a") == "{image: zz, command: [zc], hostname: h}")
    }

    @Test func `the other file is found from the project directory`() throws {
        var load = Load([
            "compose.yaml": "services: {a: {image: i}}",
            "sub/b.yaml": "services: {a: {extends: {file: o.yaml, service: z}}}",
            "sub/o.yaml": "services: {z: {hostname: sub}}", "o.yaml": "services: {z: {hostname: top}}",
        ])
        load.arguments = ["compose.yaml", "sub/b.yaml"]
        #expect(try load("services", "a", "hostname") == "top")
    }

    static let problems: [(files: [String: String], problem: String)] = [
        (
            ["compose.yaml": "services:\n  b: {image: i, extends: a}\n"],
            "compose.yaml:2:26: services.b.extends: service 'a' is not defined in compose.yaml: extend a service of that file, or name another file"
        ),
        (
            ["compose.yaml": "services:\n  b: {image: i, extends: b}\n"],
            "compose.yaml:2:26: services.b.extends: services extend each other: b (compose.yaml) -> b (compose.yaml): remove one 'extends'"
        ),
        (
            [
                "compose.yaml": "services: {a: {extends: {file: sub/o.yaml, service: b}}}",
                "sub/o.yaml": "services:\n  b:\n    extends: {file: ../compose.yaml, service: a}\n",
            ],
            "sub/o.yaml:3:14: services.b.extends: services extend each other: a (compose.yaml) -> b (sub/o.yaml) -> a (compose.yaml): remove one 'extends'"
        ),
        (
            ["compose.yaml": "services: {a: {extends: {file: sub/o.yaml, service: b}}}"],
            "compose.yaml:1:32: services.a.extends.file: 'sub/o.yaml' does not exist"
        ),
        (
            [
                "compose.yaml": "services: {a: {extends: {file: o.yaml, service: b}}}",
                "o.yaml": "services: {c: {image: i}}",
            ],
            "compose.yaml:1:25: services.a.extends: service 'b' is not defined in o.yaml: extend a service of that file, or name another file"
        ),
        (
            ["compose.yaml": "services: {a: {extends: {file: o.yaml, service: b}}}", "o.yaml": "- x\n"],
            "o.yaml:1:1: must be a mapping, is a list"
        ),
        (
            [
                "compose.yaml": "services: {a: {extends: {file: o.yaml, service: b}}}",
                "o.yaml": "services: {b: [}",
            ],
            "o.yaml:1:16: not valid YAML: did not find expected node content"
        ),
        (
            [
                "compose.yaml": "services: {a: {extends: {file: o.yaml, service: b}}}",
                "o.yaml": "# nothing\n",
            ],
            "compose.yaml:1:32: services.a.extends.file: 'o.yaml' is empty: name another file"
        ),
        (
            ["compose.yaml": "services: {a: {image: i, extends: {file: ../app/compose.yaml, service: a}}}"],
            "compose.yaml:1:35: services.a.extends: services extend each other: a (compose.yaml) -> a (../app/compose.yaml): remove one 'extends'"
        ),
        (
            ["compose.yaml": "services: {a: {extends: {file: o.yaml}}}"],
            "compose.yaml:1:25: services.a.extends: 'service' is missing: name the service to extend"
        ),
        (
            ["compose.yaml": "services: {a: {image: i, extends: {service: b, fil: o.yaml}}, b: {image: j}}"],
            "compose.yaml:1:48: services.a.extends.fil: unknown key: did you mean 'file'?"
        ),
        (
            ["compose.yaml": "services: {a: {image: i, extends: [b]}, b: {image: j}}"],
            "compose.yaml:1:35: services.a.extends: must be a mapping, is a list"
        ),
        (
            [
                "compose.yaml": "services: {a: {extends: {file: sub/o.yaml, service: b}}}",
                "sub/o.yaml": "services:\n  b:\n    image: ${T:?which one}\n",
            ],
            "sub/o.yaml:3:12: services.b.image: variable 'T' is required: which one: set it"
        ),
        (
            [
                "compose.yaml": "services: {a: {image: i}, b: {extends: x}, c: {image: k}}",
                "sub": "",
            ],
            "compose.yaml:1:40: services.b.extends: service 'x' is not defined in compose.yaml: extend a service of that file, or name another file"
        ),
    ]

    @Test(arguments: problems.indices)
    func `what cannot be extended names its place`(_ index: Int) {
        let problems = Load(Self.problems[index].files).problems
        #expect(problems.first == Self.problems[index].problem, "\(problems)")
    }

    @Test func `a long chain is refused`() {
        let chain = (0..<100).map { "  s\($0): {extends: s\($0 + 1)}\n" }.joined()
        let problems = Load(["compose.yaml": "services:\n\(chain)  s100: {image: i}\n"]).problems
        #expect(problems.contains { $0.contains("more than 64 services extend one another") }, "\(problems)")
        let reversed = (0..<100).reversed().map { "  s\($0): {extends: s\($0 + 1)}\n" }.joined()
        #expect(
            Load(["compose.yaml": "services:\n  s100: {image: i}\n\(reversed)"]).problems
                .contains { $0.contains("more than 64 services extend one another") }
        )
    }
}
