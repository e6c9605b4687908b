// SPDX-License-Identifier: Apache-2.0
internal import Testing

@testable internal import Desired

/// Configs and secrets: what they hold, where they land, and what tells two of them apart.
@Suite struct FileUseTests {
    private static let tail = "configs: {c: {content: text}}\nsecrets: {s: {file: /srv/s}}\n"

    private func web(_ lines: String) throws -> Service {
        try Sample.app("\(Sample.header)    \(lines)\n\(Self.tail)").services[0]
    }

    private func problems(_ lines: String) -> [String] {
        Sample.problems("\(Sample.header)    \(lines)\n\(Self.tail)")
    }

    @Test(arguments: [
        ("configs: [c]", FileUse(source: "c", target: "/c")),
        ("configs: [{source: c}]", FileUse(source: "c", target: "/c")),
        ("configs: [{source: c, target: etc/x}]", FileUse(source: "c", target: "/etc/x")),
        (
            "configs: [{source: c, target: /etc//x, uid: \"1\", gid: \"2\", mode: 0440}]",
            FileUse(source: "c", target: "/etc/x", user: 1, group: 2, mode: 0o440)
        ),
        ("configs: [{source: c, mode: \"0755\"}]", FileUse(source: "c", target: "/c", mode: 0o555)),
    ])
    func `a config lands at the root`(_ lines: String, _ use: FileUse) throws {
        #expect(try web(lines).configs == [use])
    }

    @Test(arguments: [
        ("secrets: [s]", FileUse(source: "s", target: "/run/secrets/s")),
        ("secrets: [{source: s, target: db}]", FileUse(source: "s", target: "/run/secrets/db")),
        (
            "secrets: [{source: s, target: /etc/key, uid: \"65535\", gid: \"7\", mode: 0o400}]",
            FileUse(source: "s", target: "/etc/key", user: 65_535, group: 7, mode: 0o400)
        ),
    ])
    func `a secret lands below run`(_ lines: String, _ use: FileUse) throws {
        #expect(try web(lines).secrets == [use])
    }

    @Test(arguments: [
        ("configs: [{source: c, target: ../x}]", "'../x' is not a place for a file"),
        ("configs: [{source: c, target: /}]", "'/' is not a place for a file"),
        ("configs: [{source: c, target: /proc/x}]", "'/proc/x' is not a place for a file"),
        ("secrets: [{source: s, target: ../../etc/passwd}]", "is not a place for a file"),
        ("secrets: [{source: s, target: \".\"}]", "'.' is not a place for a file"),
        ("secrets: [{source: s, uid: root}]", "'root' is not an id"),
        ("secrets: [{source: s, gid: \"65536\"}]", "65536 is outside the 65536 ids"),
        ("secrets: [{source: s, uid: \"4294967295\"}]", "is not an id"),
        ("secrets: [{source: s, mode: 04755}]", "only read, write and execute can be permitted"),
        ("secrets: [{source: s, mode: 440}]", "is not permission bits in octal"),
        ("configs: [c]\n    tmpfs: /c", "/c is mounted twice"),
        ("configs: [{source: c, target: /run/secrets/s}]\n    secrets: [s]", "is mounted twice"),
        ("secrets: [other]", "secret 'other' is not defined"),
    ])
    func `what cannot be is refused where it stands`(_ lines: String, _ what: String) throws {
        let found = problems(lines)
        #expect(found.contains { $0.contains(what) && $0.hasPrefix("app.yaml:") }, "\(found)")
    }

    @Test(arguments: [
        ("secrets: {s: {external: true}}", "secrets.s.external: not supported yet without a place"),
        (
            "configs: {c: {external: true}}",
            "configs.c.external: not supported yet: a node has no store of configs"
        ),
        ("configs: {c: {content: x, template_driver: golang}}", "not supported yet"),
        ("configs: {c: {file: /etc/c}}", "configs.c.file: cannot be looked up from here"),
        ("configs: {c: {environment: C}}", "configs.c.environment: cannot be looked up from here"),
    ])
    func `a source that the agent cannot have is refused`(_ definition: String, _ what: String) {
        let uses = definition.hasPrefix("secrets") ? "secrets: [s]" : "configs: [c]"
        let found = Sample.problems("\(Sample.header)    \(uses)\n\(definition)\n")
        #expect(found.contains { $0.contains(what) }, "\(found)")
    }

    @Test func `a config's file and variable become its content, and a secret stays a path`() throws {
        let text = """
            name: a
            services: {web: {image: i, configs: [f, e, c], secrets: [s]}}
            configs: {f: {file: ./f.conf, labels: {a: b}}, e: {environment: E}, c: {content: "x=${E}\\n"}, u: {file: no}}
            secrets: {s: {file: ./s.txt}}
            """
        let hostile = "$ $$ ${E} \"\\\u{1}\u{7f}\u{85}\u{2028}\u{feff}\r\n\ttrue\n"
        let load = Load(["compose.yaml": text, "f.conf": hostile], ["E": "007"])
        let project = try load.project()
        let app = try project.app()
        #expect(app.config("f")?.content == hostile)
        #expect(app.config("f")?.labels == ["a": "b"])
        #expect(app.config("e")?.content == "007")
        #expect(app.config("c")?.content == "x=007\n")
        #expect(app.configs.count == 3)
        #expect(app.secret("s")?.source == .file("/srv/app/s.txt"))
        // What is sent says it all; what is printed says where it stands.
        #expect(try Sample.again(project) == app)
        #expect(project.model.json.contains("\"file\":\"/srv/app/f.conf\""))
    }

    @Test(arguments: [
        ("file: ./no", "'/srv/app/no' does not exist: create it"),
        ("file: ./large", "'/srv/app/large' is larger than 500 KiB"),
        ("file: ./folder", "is not a regular file"),
        ("environment: NO", "variable 'NO' is not set: set it"),
    ])
    func `a content that is not there is refused where it is named`(_ source: String, _ what: String) throws {
        let text = "name: a\nservices: {web: {image: i, configs: [c]}}\nconfigs:\n  c:\n    \(source)\n"
        let large = String(repeating: "x", count: ConfigContents.largest + 1)
        let project = try Load(["compose.yaml": text, "large": large, "folder/x": ""]).project()
        let report = #expect(throws: Report.self) { try project.app() }
        #expect(report?.description.contains(what) == true, "\(String(describing: report))")
        #expect(report?.problems.first?.line == 5)
    }

    @Test func `all configs of an app are bounded together`() throws {
        let names = ["a", "b", "c"]
        let text =
            "name: a\nservices: {web: {image: i, configs: [a, b, c]}}\nconfigs: {a: {file: x}, b: {file: x}, c: {file: x}}\n"
        let large = String(repeating: "x", count: ConfigContents.largest)
        let report = #expect(throws: Report.self) {
            try Load(["compose.yaml": text, "x": large]).project().app()
        }
        #expect(report?.problems.map(\.path) == ["configs.c.file"], "\(names)")
    }

    @Test func `contents are compared beside the replace key, by what stands for them`() throws {
        func app(_ config: String, _ secret: String) throws -> App {
            try Sample.app(
                "\(Sample.header)    configs: [c]\n    secrets: [s]\nconfigs: {c: {content: \(config)}}\nsecrets: {s: {file: \(secret)}}\n"
            )
        }
        let one = try app("one-and-only", "/srv/a"), two = try app("two", "/srv/b")
        let service = one.services[0]
        // A secret that moves is the same as long as it holds the same.
        #expect(one.replaceKey(of: service) == two.replaceKey(of: two.services[0]))
        #expect(one.digest != two.digest)
        let contents = one.contents(of: service, secrets: ["s": "mark", "other": "none"])
        #expect(contents == ["configs.c": Hash.digest(of: "one-and-only"), "secrets.s": "mark"])
        #expect(one.contents(of: service, secrets: [:]).keys.sorted() == ["configs.c"])
        #expect(two.contents(of: service, secrets: [:]) != one.contents(of: service, secrets: [:]))
    }

    @Test func `a digest is that of everybody else`() {
        let empty = "sha256:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
        let abc = "sha256:ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"
        #expect(Hash.digest(of: "") == empty)
        #expect(Hash.digest(of: "abc") == abc)
    }
}
