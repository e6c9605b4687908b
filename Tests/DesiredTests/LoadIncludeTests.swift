internal import Testing

// SPDX-License-Identifier: Apache-2.0
@testable internal import Desired

@Suite struct LoadIncludeTests {
    @Test func `the resources of an included file are put in`() throws {
        let load = Load([
            "compose.yaml":
                "include: [sub/c.yaml]\nservices: {web: {image: i, depends_on: {db: {condition: service_started, required: true}}}}",
            "sub/c.yaml":
                "name: other\nx-a: 1\nservices: {db: {image: j, networks: {n: }}}\nvolumes: {v: {}}\nnetworks: {n: {}}",
        ])
        #expect(
            try load()
                == "{services: {web: {image: i, depends_on: {db: {condition: service_started, required: true}}}, db: {image: j, networks: {n: null}}}, networks: {n: {}}, volumes: {v: {}}, name: app}"
        )
    }

    @Test func `the files of one entry are merged`() throws {
        let load = Load([
            "compose.yaml": "include: [{path: [a.yaml, b.yaml]}]\n",
            "a.yaml": "services: {x: {image: i, command: [a]}}",
            "b.yaml": "services: {x: {hostname: h, command: !override [b]}}",
        ])
        #expect(try load("services", "x") == "{image: i, command: [b], hostname: h}")
    }

    @Test func `an included service may be changed by a later file, or reset here`() throws {
        var load = Load([
            "compose.yaml": "include: [a.yaml]\nservices: {web: {image: i}}",
            "a.yaml": "services: {x: {image: i}}", "b.yaml": "services: {x: {hostname: h}}",
        ])
        load.arguments = ["compose.yaml", "b.yaml"]
        #expect(try load("services", "x") == "{image: i, hostname: h}")
        let reset = Load([
            "compose.yaml": "include: [a.yaml]\nservices: {x: !reset }",
            "a.yaml": "services: {x: {image: i}}",
        ])
        #expect(try reset("services") == "{x: {image: i}}")
    }

    static let environments: [(files: [String: String], set: [String: String], image: String)] = [
        (
            ["compose.yaml": "include: [sub/a.yaml]", "sub/.env": "A=sub\nB=sub", ".env": "A=top\nC=top"],
            [:],
            "top-sub-top"
        ),
        (
            [
                "compose.yaml": "include: [{path: sub/a.yaml, env_file: q.env}]", "sub/.env": "A=sub\nB=sub",
                "q.env": "B=q$A$C\nC=q",
            ], ["A": "shell"], "shell-qshell-q"
        ),
        (
            [
                "compose.yaml": "include: [{path: sub/a.yaml, env_file: [q.env, r.env]}]",
                "q.env": "A=q\nB=q", "r.env": "B=r$A\nC=r",
            ], [:], "q-rq-r"
        ),
        (
            [
                "compose.yaml": "include: [{path: sub/a.yaml, project_directory: other}]",
                "sub/.env": "A=sub", "other/.env": "A=other\nB=b\nC=c",
            ], [:], "other-b-c"
        ),
        (
            ["compose.yaml": "include: ['${D}/a.yaml']", ".env": "D=sub\nA=1\nB=2\nC=3"], [:], "1-2-3"
        ),
    ]

    @Test(arguments: environments.indices)
    func `an included project has variables of its own`(_ index: Int) throws {
        let (files, set, image) = Self.environments[index]
        let included = "services: {x: {image: \"$A-$B-$C\", environment: {A: , Z: }}}"
        let load = Load(files.merging(["sub/a.yaml": included]) { $1 }, set)
        #expect(try load("services", "x", "image") == image)
        #expect(try load("services", "x", "environment") == "{A: \(image.prefix { $0 != "-" }), Z: null}")
    }

    @Test func `includes nest, and the same one twice is one`() throws {
        let load = Load([
            "compose.yaml": "include: [a.yaml, sub/b.yaml]\n",
            "a.yaml": "include: [sub/c.yaml]\nservices: {a: {image: i}}",
            "sub/b.yaml": "include: [c.yaml]\nservices: {b: {image: i}}",
            "sub/c.yaml": "services: {c: {image: '$I'}}",
            "sub/.env": "I=dot",
        ])
        #expect(try load("services") == "{a: {image: i}, c: {image: dot}, b: {image: i}}")
    }

    @Test func `a dollar sign stays one`() throws {
        let load = Load([
            "compose.yaml": "include: [a.yaml]\n", "a.yaml": "include: [b.yaml]",
            "b.yaml": "services: {x: {image: i, command: ['$$A $$$$']}}",
        ])
        #expect(try load("services", "x", "command") == "[$A $$]")
    }

    static let problems: [(files: [String: String], problem: String)] = [
        (
            [
                "compose.yaml": "include: [sub/c.yaml]\nservices:\n  web: {image: i}",
                "sub/c.yaml": "services:\n  web: {image: j}",
            ],
            "compose.yaml:3:3: services.web: 'web' is defined in sub/c.yaml:2 too, which is included: name it otherwise, or change the included one in a file that comes after this one"
        ),
        (
            [
                "compose.yaml": "include: [a.yaml]\nservices: {x: !override {image: z}}",
                "a.yaml": "services: {x: {image: i, hostname: h}}",
            ],
            "compose.yaml:2:12: services.x: 'x' is defined in a.yaml:1 too, which is included: name it otherwise, or change the included one in a file that comes after this one"
        ),
        (
            [
                "compose.yaml": "include: [a.yaml]\n", "a.yaml": "include: [sub/b.yaml]\n",
                "sub/b.yaml": "services: {x: {image: i}}\ninclude: [../a.yaml]\n",
            ],
            "sub/b.yaml:2:11: include[0]: files include each other: compose.yaml -> a.yaml -> sub/b.yaml -> a.yaml: remove one include"
        ),
        (
            ["compose.yaml": "include: [./compose.yaml]\n"],
            "compose.yaml:1:11: include[0]: files include each other: compose.yaml -> compose.yaml: remove one include"
        ),
        (
            ["compose.yaml": "include: [sub/a.yaml]\n"],
            "compose.yaml:1:11: include[0]: 'sub/a.yaml' does not exist"
        ),
        (
            ["compose.yaml": "include: [/etc/a.yaml]\n"],
            "compose.yaml:1:11: include[0]: '/etc/a.yaml' cannot be read: permission denied"
        ),
        (
            ["compose.yaml": "include: [sub]\n", "sub/x": ""],
            "compose.yaml:1:11: include[0]: 'sub' is not a regular file"
        ),
        (
            [
                "compose.yaml": "include: [{path: a.yaml, env_file: sub/q.env}]\n",
                "a.yaml": "services: {x: {image: i}}",
            ],
            "compose.yaml:1:36: include[0].env_file: 'sub/q.env' does not exist"
        ),
        (
            [
                "compose.yaml": "include: [{path: sub/a.yaml}]\n", "sub/a.yaml": "services: {x: {image: i}}",
                "sub/.env": "A=1\nB C=2\n",
            ],
            "sub/.env:2:1: after 'B' comes neither '=' nor the end of the line: write B=value, or '#' before a comment"
        ),
        (["compose.yaml": "include: a.yaml\n"], "compose.yaml:1:10: include: must be a list, is a string"),
        (
            ["compose.yaml": "include: [{pth: a.yaml}]\n"],
            "compose.yaml:1:11: include[0]: 'path' is missing: name the file to include"
        ),
        (
            ["compose.yaml": "include: [{path: [5]}]\n"],
            "compose.yaml:1:19: include[0].path[0]: must be a string, is a number: put it in quotes"
        ),
        (
            ["compose.yaml": "include: ['https://example.org/a.git']\n"],
            "compose.yaml:1:11: include[0]: 'https://example.org/a.git' is not a file here: fetch it first and name the copy"
        ),
        (["compose.yaml": "include: ['']\n"], "compose.yaml:1:11: include[0]: '' is not a path"),
        (
            ["compose.yaml": "include: [a.yaml]\n", "a.yaml": "[x]"],
            "a.yaml:1:1: must be a mapping, is a list"
        ),
        (
            [
                "compose.yaml": "include: [a.yaml]\nservices: {w: {extends: x}}\n",
                "a.yaml": "services: {x: {image: i}}",
            ],
            "compose.yaml:2:25: services.w.extends: service 'x' is not defined in compose.yaml: extend a service of that file, or name another file"
        ),
    ]

    @Test(arguments: problems.indices)
    func `what cannot be included names its place`(_ index: Int) {
        let problems = Load(Self.problems[index].files).problems
        #expect(problems.contains(Self.problems[index].problem), "\(problems)")
    }

    @Test func `nothing that is included may be empty of meaning`() throws {
        let load = Load([
            "compose.yaml": "include: [a.yaml]\nservices: {w: {image: z}}", "a.yaml": "# nothing\n",
        ])
        #expect(try load("services") == "{w: {image: z}}")
        #expect(
            try Load(["compose.yaml": "include:\nservices: {w: {image: z}}"])("services") == "{w: {image: z}}"
        )
    }
}
