// SPDX-License-Identifier: Apache-2.0
internal import Testing

@testable internal import Desired

/// Where secrets come from, what travels of them, and what follows when they change.
@Suite struct SecretTests {
    private func app(_ secrets: String, _ more: String = "") throws -> App {
        try Sample.app("\(Sample.header)    secrets: [s]\n\(more)secrets: {s: \(secrets)}\n")
    }

    private func problems(_ secrets: String, _ more: String = "") -> [String] {
        Sample.problems("\(Sample.header)    secrets: [s]\n\(more)secrets: {s: \(secrets)}\n")
    }

    @Test(arguments: [
        ("{file: /srv/s}", Secret.Source.file("/srv/s")),
        ("{environment: DB_PASSWORD}", .environment("DB_PASSWORD")),
        ("{x-martlet: {credential: db.key}}", .credential("db.key")),
        ("{external: true, x-martlet: {credential: db}}", .credential("db")),
        ("{x-martlet: {command: vault}}", .command("vault")),
        ("{x-martlet: {age: YWdl}}", .age("YWdl")),
    ])
    func `a secret has one of these sources`(_ text: String, _ source: Secret.Source) throws {
        let app = try app(text)
        #expect(app.secrets == [Secret(name: "s", source: source)])
        // What is kept of a desired state says the same.
        #expect(app.secretVariables == (source == .environment("DB_PASSWORD") ? ["DB_PASSWORD"] : []))
    }

    @Test(arguments: [
        ("{}", "has no content"),
        ("{x-martlet: {}}", "a node has no store of secrets"),
        (
            "{external: true}",
            "secrets.s.external: not supported yet without a place: a node has no store of secrets: name where"
        ),
        ("{file: /a, environment: B}", "does not go with 'file'"),
        ("{file: /a, x-martlet: {credential: b}}", "a secret has one source: keep one of them"),
        ("{x-martlet: {credential: a, command: b}}", "a secret has one source"),
        ("{x-martlet: {command: [cat, /etc/shadow]}}", "names a command of the node, and is none itself"),
        ("{x-martlet: {command: \"a b\"}}", "'a b' is not the name of a command"),
        ("{x-martlet: {credential: ../../etc/shadow}}", "is not the name of a systemd credential"),
        ("{x-martlet: {credential: ..}}", "is not the name of a systemd credential"),
        ("{x-martlet: {credential: \"\"}}", "is not the name of a systemd credential"),
        ("{environment: \"A=B\"}", "is not the name of a variable"),
        ("{environment: \"\"}", "is not the name of a variable"),
        ("{x-martlet: {password: x}}", "unknown key"),
        ("{content: x}", "secrets.s.content: unknown key"),
    ])
    func `what cannot be a secret is refused`(_ text: String, _ what: String) {
        let found = problems(text)
        #expect(found.contains { $0.contains(what) && $0.hasPrefix("app.yaml:") }, "\(found)")
    }

    @Test func `an age file travels, and a plain one stays where it is`() throws {
        let armor = "-----BEGIN AGE ENCRYPTED FILE-----\nYWdl\n-----END AGE ENCRYPTED FILE-----\n"
        let text = """
            name: a
            services: {web: {image: i, secrets: [binary, armored, plain, node, absent]}}
            secrets: {binary: {file: ./b.age}, armored: {file: a.age}, plain: {file: ./p}, unused: {file: c.age}, node: {file: /etc/n.age}, absent: {file: no.age}}
            """
        let binary = "age-encryption.org/v1\nrest"
        let load = Load(["compose.yaml": text, "b.age": binary, "a.age": armor, "p": "canary"])
        let project = try load.project()
        let app = try project.app()
        #expect(app.secret("armored")?.source == .age(armor))
        #expect(app.secret("binary")?.source == .age("YWdlLWVuY3J5cHRpb24ub3JnL3YxCnJlc3Q="))
        #expect(app.secret("plain")?.source == .file("/srv/app/p"))
        // These may be on the node.
        #expect(app.secret("node")?.source == .file("/etc/n.age"))
        #expect(app.secret("absent")?.source == .file("/srv/app/no.age"))
        #expect(try Sample.again(project) == app)
        #expect(!project.json.contains("canary"))
        let other = try Load(["compose.yaml": text, "b.age": binary + "x", "a.age": armor, "p": "?"])
            .project().app()
        #expect(other.digest != app.digest)
    }

    @Test(arguments: [
        ("plain.age", "'/srv/app/plain.age' is not an age file: encrypt it"),
        ("large.age", "'/srv/app/large.age' is larger than 700 KiB"),
        ("folder.age", "is not a regular file"),
    ])
    func `an age file that is none is refused where it is named`(_ name: String, _ what: String) throws {
        let text = "name: a\nservices: {web: {image: i, secrets: [s]}}\nsecrets:\n  s:\n    file: ./\(name)\n"
        let large = String(repeating: "x", count: EncryptedSecrets.largest + 1)
        let files = ["compose.yaml": text, "plain.age": "word", "large.age": large, "folder.age/x": ""]
        let project = try Load(files).project()
        let report = #expect(throws: Report.self) { try project.app() }
        #expect(report?.description.contains(what) == true, "\(String(describing: report))")
        #expect(report?.description.contains("word") == false && report?.problems.first?.line == 5)
    }

    @Test(arguments: [
        ("restart", "restart"), ("none", "none"), ("signal:SIGHUP", "signal:SIGHUP"),
        ("signal:10", "signal:SIGUSR1"), ("exec:nginx -s reload", "exec:nginx -s reload"),
        ("exec:sh -c 'kill -1 1'", "exec:sh -c kill -1 1"),
    ])
    func `a change leads to what the service says`(_ text: String, _ reaction: String) throws {
        let app = try app("{file: /s}", "    x-martlet: {on_change: {s: \"\(text)\"}}\n")
        let service = app.services[0]
        #expect(service.onChange.mapValues(\.description) == ["s": reaction])
        #expect(service.reaction(toChangeOf: "secrets.s").description == reaction)
        if text.hasSuffix("'") { #expect(service.onChange["s"] == .execute(["sh", "-c", "kill -1 1"])) }
        #expect(service.reaction(toChangeOf: "configs.other.conf") == .restart)
        // What follows a change is no reason for a new container, but is a part of the desired state.
        let plain = try self.app("{file: /s}")
        #expect(app.replaceKey(of: service) == plain.replaceKey(of: plain.services[0]))
        #expect(app.digest != plain.digest)
    }

    @Test(arguments: [
        (
            "s: reload",
            "'reload' is not something to do: use 'restart', 'none', 'signal:SIGHUP' or 'exec:COMMAND'"
        ),
        ("s: \"signal:SIGNOT\"", "'SIGNOT' is not a signal"), ("s: \"signal:0\"", "'0' is not a signal"),
        ("s: \"exec:\"", "names no command"), ("s: \"exec:a | b\"", "is not a list of words"),
        ("s: \"exec:'a\"", "is not a list of words"), ("s: 1", "must be a string"),
        ("s: [a]", "must be a string"),
        ("t: none", "the service has no config or secret 't': did you mean 's'?"),
    ])
    func `a reaction that cannot be is refused`(_ text: String, _ what: String) {
        let found = problems("{file: /s}", "    x-martlet: {on_change: {\(text)}}\n")
        #expect(found.contains { $0.contains(what) && $0.contains("on_change") }, "\(found)")
    }

    @Test func `a node says what secrets may come from`() throws {
        let yaml = """
            format: 1
            secrets:
              age_identity: cred:age
              environment: [DB_PASSWORD, TOKEN]
              commands:
                vault: [/usr/bin/vault, read, "a b"]
                slow: {command: [/bin/slow], timeout: 1m}
            """
        let settings = try NodeSettings.decode(yaml: yaml, file: "node.yaml").secrets
        var wanted = SecretSettings()
        wanted.ageIdentity = .credential("age")
        wanted.environment = ["DB_PASSWORD", "TOKEN"]
        var slow = SecretSettings.Command(["/bin/slow"])
        slow.timeout = .seconds(60)
        wanted.commands = ["vault": .init(["/usr/bin/vault", "read", "a b"]), "slow": slow]
        #expect(settings == wanted)
    }

    @Test(arguments: [
        ("age_identity: age", "is not an absolute path"),
        ("age_identity: cred:../x", "is not the name of a systemd credential"),
        ("commands: {a: []}", "is empty"), ("commands: {a: [vault]}", "is not an absolute path"),
        ("commands: {a: vault}", "must be a list"), ("commands: {a: {timeout: 1s}}", "'command' is missing"),
        ("commands: {a: {command: [/x], timeout: 1h}}", "must be from 1s to 5m"),
        ("commands: {\"a b\": [/x]}", "is not the name of a command"),
        ("commands: {a: [/x, 1]}", "must be a string"),
        ("commands: {a: [/x/../y]}", "is not an absolute path"),
        ("environment: [\"A=B\"]", "is not the name of a variable"),
        ("environment: A", "must be a list"), ("keys: []", "unknown key"),
    ])
    func `what a node cannot mean by it is refused`(_ text: String, _ what: String) {
        let report = #expect(throws: Report.self) {
            try NodeSettings.decode(yaml: "format: 1\nsecrets: {\(text)}\n", file: "node.yaml")
        }
        #expect(report?.description.contains(what) == true, "\(String(describing: report))")
    }
}
