internal import Testing

// SPDX-License-Identifier: Apache-2.0
@testable internal import Desired

@Suite struct LoadProjectTests {
    @Test(arguments: [
        ([], "a"), (["p"], "a b"), (["*"], "a b c"), (["other"], "a"), (["p", "q"], "a b c"), (["r"], "a c"),
    ])
    func `profiles choose the services`(_ profiles: [String], _ services: String) throws {
        var load = Load([
            "compose.yaml":
                "services: {a: {image: i, profiles: []}, b: {image: i, profiles: [p]}, c: {image: i, profiles: [q, r]}}"
        ])
        load.profiles = Set(profiles)
        let tree = try load.project().tree
        #expect(tree["services"]?.entries.map(\.key).joined(separator: " ") == services)
    }

    @Test func `what no active service uses is no part of the app`() throws {
        var load = Load([
            "compose.yaml": """
            services:
              a: {image: i, networks: {n1: }, volumes: [{type: volume, source: v1, target: /v}]}
              b: {image: i, profiles: [p], networks: {n2: }, volumes: [{type: volume, source: v2, target: /v}]}
            networks: {n1: , n2: , n3: }
            volumes: {v1: , v2: , v3: }
            """
        ])
        var app = try load.project().app()
        #expect(app.networks.map(\.name) == ["n1"] && app.volumes.map(\.name) == ["v1"])
        load.profiles = ["p"]
        app = try load.project().app()
        #expect(app.networks.map(\.name) == ["n1", "n2"] && app.volumes.map(\.name) == ["v1", "v2"])
    }

    @Test(arguments: [
        ("depends_on: {b: {condition: service_started}}", "depends_on"), ("links: ['b:x']", "links"),
        ("volumes_from: ['b:ro']", "volumes_from"), ("network_mode: 'service:b'", "network_mode"),
        ("ipc: 'service:b'", "ipc"), ("pid: 'service:b'", "pid"),
    ])
    func `an active service cannot need an inactive one`(_ keys: String, _ key: String) {
        var load = Load([
            "compose.yaml":
                "services:\n  a: {image: i, \(keys)}\n  b: {image: i, profiles: [p, q], env_file: [{path: none}]}\n"
        ])
        let problems = load.problems
        #expect(problems.count == 1, "\(problems)")
        #expect(
            problems.first?.hasSuffix(
                "services.a.\(key): service 'b' is not active: it has profile 'p', 'q': activate a profile of it, or give this service the same"
            ) ?? false
        )
        load.profiles = ["p"]
        load.files["none"] = ""
        #expect(load.problems == [])
    }

    @Test func `an inactive service that is not required may be named`() throws {
        let load = Load([
            "compose.yaml":
                "services: {a: {image: i, depends_on: {b: {condition: service_started, required: false}}}, b: {image: i, profiles: [p]}}"
        ])
        #expect(
            try load("services")
                == "{a: {image: i, depends_on: {b: {condition: service_started, required: false}}}}"
        )
    }

    @Test(arguments: [
        ("app/My.Dir_-x", "mydir_-x"), ("app/_-ÄB", "b"), ("app", "app"), ("app/A b", "ab"),
    ])
    func `the name comes from the directory`(_ directory: String, _ name: String) throws {
        var load = Load(["compose.yaml": "services: {a: {image: i}}"])
        load.directory = "/srv/\(directory)"
        #expect(try load.project().name == name)
    }

    @Test func `a name is given by the user, the last file or the directory`() throws {
        var load = Load(
            [
                "a.yaml": "name: one\nservices: {a: {image: \"$COMPOSE_PROJECT_NAME\"}}",
                "b.yaml": "name: ${N}x\n",
                "c.yaml": "name: ''\n",
            ],
            ["N": "q"]
        )
        load.arguments = ["a.yaml", "b.yaml"]
        #expect(try load("services", "a", "image") == "qx" && load.project().name == "qx")
        load.arguments = ["a.yaml", "c.yaml"]
        #expect(try load.project().name == "one")
        load.arguments = ["a.yaml", "b.yaml"]
        load.name = "mine"
        #expect(try load("name") == "mine" && load("services", "a", "image") == "mine")
    }

    @Test func `a .env may name the project and its profiles`() throws {
        var load = Load([
            "compose.yaml":
                "name: a\nservices: {a: {image: $COMPOSE_PROJECT_NAME}, b: {image: i, profiles: [p]}}",
            ".env": "COMPOSE_PROJECT_NAME=dot\nCOMPOSE_PROFILES=q,p\n",
        ])
        #expect(
            try load("services") == "{a: {image: dot}, b: {image: i, profiles: [p]}}" && load("name") == "dot"
        )
        load.profiles = ["r"]
        load.name = "mine"
        #expect(try load("services") == "{a: {image: mine}}" && load("name") == "mine")
    }

    @Test func `a file is called as the user calls it`() throws {
        var load = Load([
            "sub/compose.yaml": "include: [x/a.yaml, ../b.yaml]\n", "sub/x/a.yaml": "services: [",
            "b.yaml": "- x",
        ])
        load.arguments = ["./sub/compose.yaml"]
        #expect(
            load.problems == [
                "sub/x/a.yaml:2:1: not valid YAML: did not find expected node content",
                "b.yaml:1:1: must be a mapping, is a list",
            ]
        )
        load.arguments = ["/srv/app/sub/none.yaml", "other.yaml"]
        #expect(
            load.problems == [
                "/srv/app/sub/none.yaml:1:1: the file does not exist",
                "other.yaml:1:1: the file does not exist",
            ]
        )
    }

    @Test func `problems come in the order of the files`() {
        var load = Load(["a.yaml": "x-x: ${\n\n\nx-y: ${\n", "b.yaml": "x-z: ${\n"])
        load.arguments = ["a.yaml", "b.yaml"]
        #expect(load.problems.map { $0.prefix(8) } == ["a.yaml:1", "a.yaml:4", "b.yaml:1"])
    }

    @Test func `an app is decoded from several files, and its problems name them`() throws {
        var load = Load([
            "compose.yaml":
                "name: a\ninclude: [sub/db.yaml]\nservices:\n  web: {image: i, profiles: [p], depends_on: {db: {condition: service_healthy}}}\n",
            "sub/db.yaml": "services:\n  db:\n    image: j\n    hostname: h\n",
        ])
        load.profiles = ["p"]
        let app = try load.project().app()
        #expect(app.services.map(\.name) == ["db", "web"] && app.service("db")?.hostname == "h")
        load.files["sub/db.yaml"] = "services:\n  db:\n    image: j\n    privileged: true\n"
        let report = #expect(throws: Report.self) { try load.project().app() }
        #expect(
            report?.description
                == "sub/db.yaml:4:17: services.db.privileged: 'true' is not supported yet: remove the key"
        )
    }

    @Test func `problems of every kind are said together, unless a part is missing`() {
        let yaml = "name: a\nservices:\n  w: {image: i$X, image: j, privileged: true, labels: {a: '${'}}\n"
        #expect(Sample.problems(yaml).count == 3, "\(Sample.problems(yaml))")
        let broken = yaml + "include: [none.yaml]\n"
        #expect(!Sample.problems(broken).contains { $0.contains("privileged") })
    }

    @Test func `no file, or nothing in it, is refused`() {
        var load = Load(["compose.yaml": "# only a comment\n"])
        #expect(load.problems == ["compose.yaml:1:1: the file is empty"])
        load.arguments = []
        #expect(load.problems == [":1:1: no file is given"])
    }
}
