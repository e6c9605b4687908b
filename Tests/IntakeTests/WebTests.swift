// SPDX-License-Identifier: Apache-2.0
internal import Glibc
internal import Linux
internal import Synchronization
internal import TestKit
internal import Testing

@testable internal import Intake

/// A source by HTTP against Debian's nginx, and against servers that no real one is like.
@Suite(.enabled(if: geteuid() == 0, "needs root")) struct WebTests {
    private func source(_ url: String, _ more: String = "", _ outer: String = "every: 1s") -> String {
        "sources: [{name: web, http: {url: '\(url)'\(more)}, \(outer)}]\n"
    }

    @Test func `a file of a server comes, changes, and goes on without its server`() async throws {
        let scratch = try Scratch()
        let bench = Bench(scratch)
        let nginx = try Nginx(scratch)
        try scratch.run("mkdir www/node-7")
        try scratch.write(Bench.app("one"), to: "www/node-7/app.yaml")
        let node = source("https://127.0.0.1:\(nginx.port)/{node}/app.yaml", ", ca: \(scratch.path)/ca.pem")
        try await bench.run(node) { intake in
            let report = try await bench.settled(intake, .synced)
            #expect(report.apps == ["one"] && report.kind == "http")
            // What has not changed is not sent again.
            try await bench.until("304") { try scratch.run("cat access").count(of: "\" 304 ") >= 2 }
            #expect(try scratch.run("cat access").count(of: "\" 200 ") == 1)
            try scratch.write(Bench.app("one", "changed"), to: "www/node-7/app.yaml")
            try await bench.until("changed") { bench.deeds.count == 2 }
            try scratch.write("name: [", to: "www/node-7/app.yaml")
            try await bench.settled(intake, .refused, "app.yaml:")
            // What was refused is asked for again: it may be right by now.
            try scratch.write(Bench.app("one", "again"), to: "www/node-7/app.yaml")
            try await bench.settled(intake, .synced)
            try scratch.run("rm www/node-7/app.yaml")
            try await bench.settled(intake, .failed, "the server does not have it (404)")
            nginx.end()
            try await bench.settled(intake, .failed, "127.0.0.1:\(nginx.port)")
        }
        try await bench.run(node) { try await bench.settled($0, .failed) }
        #expect(bench.deeds == ["apply one", "apply one", "apply one"] && bench.apps == ["one"])
    }

    @Test func `who the server is and who we are is proven`() async throws {
        let scratch = try Scratch()
        let bench = Bench(scratch)
        let nginx = try Nginx(scratch)
        let url = "https://127.0.0.1:\(nginx.port)"
        let ca = ", ca: \(scratch.path)/ca.pem"
        try scratch.write(Bench.app("one"), to: "www/app.yaml")
        try scratch.write(Bench.app("two"), to: "www/secret/app.yaml")
        try await bench.run(source("\(url)/app.yaml")) { try await bench.settled($0, .failed, "certificate") }
        try await bench.run(source("\(url)/moved", ca)) { try await bench.settled($0, .synced) }
        try await bench.run(source("\(url)/away", ca)) {
            try await bench.settled($0, .failed, "redirected from https to http")
        }
        let secret = "\(url)/secret/app.yaml"
        try await bench.run(source(secret, ca)) {
            try await bench.settled($0, .failed, "wants to know who asks (401)")
        }
        try scratch.write("team:wrong\n", to: "auth")
        let auth = "\(ca), auth: \(scratch.path)/auth"
        try await bench.run(source(secret, auth)) { intake in
            try await bench.settled(intake, .failed, "(401)")
            try scratch.write("team:word\n", to: "auth")
            try await bench.until("two") { bench.apps.contains("two") }
        }
        try scratch.write("Basic dGVhbTp3b3Jk\n", to: "auth")
        try await bench.run(source(secret, auth)) { try await bench.settled($0, .synced) }
        try scratch.write("word\n", to: "auth")
        try await bench.run(source(secret, auth)) {
            try await bench.settled($0, .refused, "write 'USER:PASSWORD'")
        }
        try scratch.write("<html>log in</html>\n", to: "www/page.html")
        try await bench.run(source("\(url)/page.html", ca)) {
            try await bench.settled($0, .refused, "the server calls it text/html")
        }
    }

    @Test func `by plain HTTP comes what is signed, and only that`() async throws {
        let scratch = try Scratch()
        let bench = Bench(scratch)
        try scratch.key("key")
        let allowed = try scratch.allow("ops @key")
        let files = Mutex<[String: [UInt8]]>([:])
        func put(_ text: String) throws {
            try scratch.write(text, to: "app.yaml")
            try scratch.sign("app.yaml", "key")
            let pair = (try scratch.bytes("app.yaml"), try scratch.bytes("app.yaml.sig"))
            files.withLock { $0 = ["/app.yaml": pair.0, "/app.yaml.sig": pair.1] }
        }
        let served = FileShelf(files: { files.withLock { $0 } })
        let web = try WebServer { served.answer($0) }
        try put(Bench.app("one"))
        let node = """
            trust: {signers: {team: {ssh_allowed: \(allowed)}}}
            \(source("http://\(web.name)/app.yaml", "", "verify: team, every: 1s"))
            """
        try await bench.run(node) { intake in
            try await bench.settled(intake, .synced)
            let old = files.withLock { $0 }
            try put(Bench.app("one", "new"))
            try await bench.until("new") { bench.deeds.count == 2 }
            let new = files.withLock { $0 }
            for (name, change) in [
                ("of other bytes", ["/app.yaml": old["/app.yaml"], "/app.yaml.sig": new["/app.yaml.sig"]]),
                ("not signed", ["/app.yaml": old["/app.yaml"]]),
                (
                    "of other bytes",
                    ["/app.yaml": (new["/app.yaml"] ?? []) + [10], "/app.yaml.sig": new["/app.yaml.sig"]]
                ),
                (
                    "not a signature of SSH",
                    ["/app.yaml": new["/app.yaml"], "/app.yaml.sig": new["/app.yaml"]]
                ),
                (
                    "longer than 65536 bytes",
                    ["/app.yaml": new["/app.yaml"], "/app.yaml.sig": [UInt8](repeating: 9, count: 70_000)]
                ),
            ] {
                files.withLock { $0 = change.compactMapValues(\.self) }
                try await bench.settled(intake, .refused, name)
            }
            #expect(bench.deeds.count == 2)
            files.withLock { $0 = new }
            try await bench.settled(intake, .synced)
        }
    }

    @Test(arguments: [
        (Answer(body: Array(repeating: 0x23, count: 5 << 20)), "longer than 4194304 bytes", true),
        (Answer(body: Array("name: one\n".utf8), length: 100), "", false),
        (Answer(body: Array("name: one\n".utf8), cut: 4), "", false),
        (Answer(status: 500), "the server has a problem (500)", false),
        (Answer(status: 304), "the server answers 304", false),
        (Answer(status: 206, body: Array("name: one\n".utf8)), "the server answers 206", false),
        (Answer(fields: [("Content-Type", "text/html; charset=utf-8")]), "calls it text/html", true),
        (Answer(fields: [("Content-Encoding", "gzip")]), "comes as gzip", true),
        (
            Answer(fields: [("X", String(repeating: "x", count: 90_000))]), "head of the answer is longer",
            true
        ),
        (Answer(status: 302, fields: [("Location", "file:///etc/passwd")]), "neither http nor https", false),
        (Answer(status: 302, fields: [("Location", "http://169.254.169.254/app.yaml")]), "link-local", false),
        (Answer(), "app.yaml:1:1: the file is empty", true),
    ])
    func `a server that is not right changes nothing`(_ answer: Answer, _ words: String, _ isRefused: Bool)
        async throws
    {
        let scratch = try Scratch()
        let bench = Bench(scratch)
        try scratch.key("key")
        try scratch.write("name: one\n", to: "app.yaml")
        let web = try WebServer { _ in answer }
        // No signature is asked for before there is something to sign.
        let node =
            "trust: {signers: {team: {ssh_allowed: \(try scratch.allow("ops @key"))}}}\n"
            + source("http://\(web.name)/app.yaml", "", "verify: team, every: 1s")
        let isUnsigned = words.hasPrefix("app.yaml:")
        try await bench.run(node) { intake in
            try await bench.settled(
                intake,
                isRefused ? .refused : .failed,
                isUnsigned ? "not a signature" : words
            )
        }
        #expect(bench.deeds.isEmpty)
    }

    @Test func `a server that never answers holds nothing up`() async throws {
        let scratch = try Scratch()
        let bench = Bench(scratch)
        let asked = Mutex(0)
        let server = try LoopbackServer { socket in
            asked.withLock { $0 += 1 }
            while let bytes = try? socket.read(4096), !bytes.isEmpty {}
        }
        try scratch.run("mkdir apps")
        try scratch.write(Bench.app("one"), to: "apps/one.yaml")
        let node = """
            trust: {signers: {team: {ssh_allowed: /nowhere}}}
            sources:
              - {name: web, http: {url: "http://\(server.name)/app.yaml"}, verify: team, optional: true}
              - {name: local, dir: {path: \(scratch.path)/apps}}

            """
        let began = ContinuousClock.now
        try await bench.run(node) { intake in
            try await bench.settled(intake, .synced, of: "local")
            try await bench.settled(intake, .loading, of: "web")
            try await bench.until("asked") { asked.withLock { $0 } == 1 }
        }
        // Its deadline is later than that.
        #expect(began.duration(to: .now) < .seconds(55))
    }
}

/// Files by their paths.
struct FileShelf: Sendable {
    let files: @Sendable () -> [String: [UInt8]]

    func answer(_ asked: Asked) -> Answer {
        guard let body = files()[asked.path] else { return Answer(status: 404) }
        return Answer(body: body)
    }
}
