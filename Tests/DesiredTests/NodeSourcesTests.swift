// SPDX-License-Identifier: Apache-2.0
internal import Desired
internal import Testing

/// `sources` and `trust.signers` of a node file, and what an app claims of itself.
@Suite struct NodeSourcesTests {
    private func problems(_ yaml: String) -> [String] {
        do throws(Report) {
            _ = try NodeSettings.decode(yaml: yaml, file: "node.yaml")
            return []
        } catch {
            return error.problems.map(\.description)
        }
    }

    @Test func `sources are read with everything that may be said about one`() throws {
        let yaml = """
            format: 1
            trust: {signers: {team: {ssh_allowed: /etc/martlet/allowed_signers}}}
            sources:
              - { name: local, dir: {} }
              - { name: usb, dir: /run/media//martlet, optional: true, verify: team, every: 5m, jitter: 0, allow_empty: true }
              - { name: web, http: { url: "https://config.example.net/{node}/app.yaml?a=b", auth: "cred:web", ca: /etc/ca.pem }, every: 5s }
              - { name: plain, http: { url: "http://10.0.0.1:8080/app.yaml" }, verify: team }

            """
        let local = NodeSource(name: "local", origin: .directory("/etc/martlet/apps.d"))
        var usb = NodeSource(name: "usb", origin: .directory("/run/media/martlet"))
        usb.isOptional = true
        usb.verify = "team"
        usb.every = .seconds(300)
        usb.jitter = .zero
        usb.allowsEmpty = true
        var place = NodeSource.HTTP(url: "https://config.example.net/{node}/app.yaml?a=b")
        place.auth = .credential("web")
        place.authorities = .path("/etc/ca.pem")
        var web = NodeSource(name: "web", origin: .http(place))
        web.every = .seconds(5)
        web.jitter = .seconds(5)
        var plain = NodeSource(name: "plain", origin: .http(.init(url: "http://10.0.0.1:8080/app.yaml")))
        plain.verify = "team"
        let settings = try NodeSettings.decode(yaml: yaml, file: "node.yaml")
        #expect(settings.sources == [local, usb, web, plain])
        #expect(settings.signers == ["team": "/etc/martlet/allowed_signers"])
    }

    @Test(arguments: [
        ("{}", "'name' is missing: add for example"), ("{name: a}", "says not where it is: add 'dir'"),
        ("{name: A, dir: /a}", "'A' is not the name of a source"),
        ("{name: push, dir: /a}", "what is pushed comes from 'push'"),
        ("{name: a, dir: a}", "is not an absolute path"),
        ("{name: a, dir: /a/../b}", "is not an absolute path"),
        ("{name: a, dir: {path: /a, on_mount: true}}", "not supported yet"),
        ("{name: a, dri: /a}", "unknown key: did you mean 'dir'?"),
        ("{name: a, dir: /a, http: {url: 'https://b.example/c'}}", "a source is in one place"),
        ("{name: a, dir: /a}, {name: a, dir: /b}", "a second source 'a'"),
        ("{name: a, dir: /a}, {name: b, dir: /a}", "the same place as another source"),
        ("{name: a, dir: /a, every: 0}", "must be from 1s to 24h"),
        ("{name: a, dir: /a, every: 25h}", "must be from 1s to 24h"),
        ("{name: a, dir: /a, jitter: 25h}", "must be from 0 to 24h"),
        ("{name: a, dir: /a, every: often}", "is not a duration"),
        ("{name: a, dir: /a, verify: team}", "'team' is not under trust.signers: add"),
        ("{name: a, dir: /a, optional: perhaps}", "must be true or false"),
        ("{name: a, http: {}}", "'url' is missing"),
        ("{name: a, http: 'https://b.example/c'}", "must be a mapping"),
        ("{name: a, http: {url: 'http://b.example/c'}}", "anyone on the way can change what comes by http"),
        ("{name: a, http: {url: 'ftp://b.example/c'}}", "is not the URL of a file"),
        ("{name: a, http: {url: 'file:///etc/passwd'}}", "is not the URL of a file"),
        ("{name: a, http: {url: 'https://b.example'}}", "is not the URL of a file"),
        ("{name: a, http: {url: 'https://b.example/'}}", "is not the URL of a file"),
        ("{name: a, http: {url: 'https://u:p@b.example/c'}}", "is not the URL of a file"),
        ("{name: a, http: {url: 'https://b.example/c#d'}}", "is not the URL of a file"),
        ("{name: a, http: {url: 'https://b.example/c d'}}", "is not the URL of a file"),
        ("{name: a, http: {url: 'https://{node}.example/c'}}", "is not the URL of a file"),
        ("{name: a, http: {url: 'https://b.example/c', auth: c}}", "is not an absolute path"),
    ])
    func `a source that cannot be meant is refused`(_ text: String, _ words: String) {
        let found = problems("format: 1\nsources: [\(text)]\n")
        #expect(found.count == 1 && found.first?.contains(words) == true, "\(found)")
    }

    @Test func `repositories are read with everything that may be said about one`() throws {
        let yaml = """
            format: 1
            trust: {signers: {team: {ssh_allowed: /etc/a}}}
            sources:
              - { name: one, git: { url: "https://git.example.net/ops/nodes.git", auth: "cred:git", ca: /etc/ca.pem, path: apps/nodes/ }, verify: team }
              - { name: two, git: { url: "ssh://git@git.example.net:2222/~ops/nodes.git", ref: release/1.x, key: "cred:key", known_hosts: /etc/known } }
              - { name: three, git: { url: "file:///srv/nodes.git/", ref: refs/tags/v1.0+2 } }

            """
        var one = NodeSource.Git(url: "https://git.example.net/ops/nodes.git")
        one.auth = .credential("git")
        one.authorities = .path("/etc/ca.pem")
        one.path = "apps/nodes"
        var two = NodeSource.Git(url: "ssh://git@git.example.net:2222/~ops/nodes.git")
        two.ref = "refs/heads/release/1.x"
        two.key = .credential("key")
        two.knownHosts = "/etc/known"
        var three = NodeSource.Git(url: "file:///srv/nodes.git/")
        three.ref = "refs/tags/v1.0+2"
        let origins = try NodeSettings.decode(yaml: yaml, file: "node.yaml").sources.map(\.origin)
        #expect(origins == [.git(one), .git(two), .git(three)])
    }

    @Test(arguments: [
        "ext::sh -c touch% /tmp/x", "ext::sh", "fd::17/x", "transport::address", "git://b.example/c.git",
        "http://b.example/c.git", "git@b.example:c.git", "b.example:c.git", "/srv/c.git", "../c.git",
        "-oProxyCommand=x",
        "--upload-pack=x", "ssh://-oProxyCommand=x/c.git", "ssh://-l@b.example/c.git",
        "ssh://a@-b.example/c.git",
        "ssh://a;b@b.example/c.git", "ssh://b.example/-c.git", "ssh://b.example:0/c.git",
        "ssh://b.example/$(id)",
        "ssh://b.example/`id`", "ssh://b.example/a b", "ssh://b.example/a'b", "ssh://b.example/a;b",
        "ssh://b.example",
        "ssh://b.example/", "https://u:p@b.example/c.git", "https://u@b.example/c.git",
        "https://b.example/c.git?d",
        "https://b.example/c.git#d", "https://b.example/../c.git", "https://b.example//c.git",
        "https:///c.git",
        "https://b.example/c\\n.git", "https://b.example/%2e%2e/c.git", "HTTPS://b.example/c.git",
        "file://b.example/c.git",
        "file:///../c.git", "file:///srv/-c.git", "file://", "https://b.example/ü.git",
        "https://b.example/\(String(repeating: "a", count: 1100))",
    ])
    func `a URL that could be anything but a repository is refused`(_ url: String) {
        let found = problems("format: 1\nsources: [{name: a, git: {url: \"\(url)\"}}]\n")
        #expect(
            found.contains { $0.contains("is not the URL of a repository") },
            "\(found)"
        )
    }

    @Test(arguments: [
        ("ref: '--output=x'", "is not a branch"), ("ref: -x", "is not a branch"),
        ("ref: a..b", "is not a branch"),
        ("ref: 'a b'", "is not a branch"), ("ref: 'a:b'", "is not a branch"), ("ref: +a", nil),
        ("ref: '^a'", "is not a branch"), ("ref: 'a~1'", "is not a branch"),
        ("ref: 'a@{1}'", "is not a branch"),
        ("ref: a.lock", "is not a branch"), ("ref: .a", "is not a branch"), ("ref: a/", "is not a branch"),
        ("ref: /a", "is not a branch"), ("ref: refs/heads", "is not a branch"),
        ("ref: 'a*'", "is not a branch"),
        ("path: ../a", "is not a directory"), ("path: /a", "is not a directory"),
        ("path: a//b", "is not a directory"),
        ("path: 'a b'", "is not a directory"), ("key: /k", "means nothing for https"),
        ("known_hosts: /k", "means nothing for https"), ("auth: k", "is not an absolute path"),
        ("depth: 1", "unknown key"),
    ])
    func `what else is said of a repository can only be what it is`(_ text: String, _ words: String?) {
        let found = problems(
            "format: 1\nsources: [{name: a, git: {url: 'https://b.example/c.git', \(text)}}]\n"
        )
        #expect(
            found.count == (words == nil ? 0 : 1) && (words.map { found[0].contains($0) } ?? true),
            "\(found)"
        )
    }

    @Test func `ssh must know the server`() {
        let found = problems("format: 1\nsources: [{name: a, git: {url: 'ssh://b.example/c.git'}}]\n")
        #expect(found.count == 1 && found[0].contains("no server can prove by ssh who it is"), "\(found)")
    }

    @Test(arguments: [
        ("{a: {}}", "'ssh_allowed' is missing"), ("{a: {ssh_allowed: b}}", "is not an absolute path"),
        ("{'a b': {ssh_allowed: /b}}", "is not the name of a signer"), ("{a: {minisign: /b}}", "unknown key"),
    ])
    func `a signer that cannot be meant is refused`(_ text: String, _ words: String) {
        let found = problems("format: 1\ntrust: {signers: \(text)}\n")
        #expect(found.contains { $0.contains(words) }, "\(found)")
    }

    @Test func `what an app claims of itself is no part of its generation`() throws {
        func app(_ claims: String) throws -> App {
            try App.decode(
                yaml: "name: a\nx-martlet: {\(claims)}\nservices: {b: {image: c}}\n",
                file: "a.yaml",
                directory: "/",
                environment: [:]
            )
        }
        let plain = try app("format: 1")
        let rich = try app("version: 7, expires: 2028-02-29T23:59:60Z, audience: [node-7, role=web]")
        #expect(rich.digest == plain.digest && rich.claims != plain.claims)
        #expect(rich.claims.version == 7 && rich.claims.expires == 1_835_481_600)
        #expect(rich.claims.audience == [.node("node-7"), .label("role", "web")])
        #expect(try app("expires: 1970-01-01").claims.expires == 0)
        #expect(try app("expires: 2000-03-01").claims.expires == 951_868_800)
        #expect(try app("expires: 2100-03-01t00:00:00z").claims.expires == 4_107_542_400)
        for wrong in [
            "2027-02-29", "2100-02-29", "2027-13-01", "2027-01-01T24:00:00Z", "2027-01-01T00:00:00+01:00",
        ] {
            #expect(throws: Report.self) { try app("expires: \(wrong)") }
        }
    }
}
