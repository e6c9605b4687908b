// SPDX-License-Identifier: Apache-2.0
internal import Desired
internal import Testing

/// `x-martlet.notify` and `x-martlet.sockets`.
@Suite struct SystemdKeysTests {
    private func app(_ extension: String, _ more: String = "") throws(Report) -> App {
        try App.decode(
            yaml: """
                name: a
                services:
                  web:
                    image: web
                    x-martlet: \(`extension`)
                \(more)

                """,
            file: "f.yaml",
            directory: "/",
            environment: [:]
        )
    }

    private func service(_ extension: String) throws -> Service {
        try #require(try app(`extension`).service("web"))
    }

    @Test func `a service tells of itself if it is asked to`() throws {
        #expect(try service("{ notify: true }").notification == Notification())
        #expect(try service("{ notify: {} }").notification == Notification())
        #expect(try service("{ notify: false }").notification == nil)
        #expect(try service("{ drain: { wait: 1s } }").notification == nil)
        #expect(
            try service("{ notify: { watchdog: 1m30s } }").notification
                == Notification(watchdog: .seconds(90))
        )
    }

    @Test func `sockets are ports of addresses, or paths`() throws {
        let sockets = try service(
            """
            { sockets: [
                0.0.0.0:8080, "127.0.0.1:53/udp", "[::]:443", /run//web.sock,
                { listen: "[::1]:80/tcp", name: http, backlog: 7 },
                { listen: /run/b.sock, mode: "0660", backlog: 65535 } ] }
            """
        ).sockets
        let four = try #require(IPAddress("0.0.0.0")), six = try #require(IPAddress("::"))
        let loopback = try #require(IPAddress("127.0.0.1")), one = try #require(IPAddress("::1"))
        #expect(
            sockets == [
                Listener(.port(four, 8080, .tcp), name: "web"),
                Listener(.port(loopback, 53, .udp), name: "web"),
                Listener(.port(six, 443, .tcp), name: "web"),
                Listener(.path("/run/web.sock"), name: "web"),
                Listener(.port(one, 80, .tcp), name: "http", backlog: 7),
                Listener(.path("/run/b.sock"), name: "web", mode: 0o660, backlog: 65_535),
            ]
        )
        #expect(
            sockets.map { "\($0.address)" } == [
                "0.0.0.0:8080/tcp", "127.0.0.1:53/udp", "[::]:443/tcp", "/run/web.sock", "[::1]:80/tcp",
                "/run/b.sock",
            ]
        )
    }

    @Test func `both are made with a container, and how many may wait is told anew`() throws {
        func key(_ extension: String) throws -> String {
            let app = try app(`extension`)
            return try app.replaceKey(of: #require(app.service("web")))
        }
        let plain = try key("{}")
        for text in [
            "{ notify: true }", "{ notify: { watchdog: 9s } }", "{ sockets: [0.0.0.0:80] }",
            "{ sockets: [{ listen: 0.0.0.0:80, name: http }] }",
        ] {
            #expect(try key(text) != plain)
            #expect(try app(text).digest != app("{}").digest)
        }
        #expect(try key("{ notify: false, sockets: [] }") == plain)
        let changed = try App.changedFields(from: plain, to: key("{ notify: true, sockets: [0.0.0.0:80] }"))
        #expect(changed == ["x-martlet.notify", "x-martlet.sockets"])
    }

    @Test(arguments: [
        ("{ notify: yes please }", "notify | must be true or false"),
        ("{ notify: { ready: 1s } }", "notify.ready | unknown key"),
        ("{ notify: { watchdog: 10ms } }", "watchdog | must be at least 1s and at most a day"),
        ("{ notify: { watchdog: 25h } }", "watchdog | must be at least 1s"),
        ("{ sockets: 0.0.0.0:80 }", "sockets | must be a list"),
        ("{ sockets: [8080] }", "must be a string"),
        ("{ sockets: [\"8080\"] }", "'8080' is no place to listen"),
        ("{ sockets: [0.0.0.0:0] }", "is no place to listen"),
        ("{ sockets: [0.0.0.0:65536] }", "is no place to listen"),
        ("{ sockets: [\"::1:80\"] }", "is no place to listen"),
        ("{ sockets: [\"[127.0.0.1]:80\"] }", "is no place to listen"),
        ("{ sockets: [host:80] }", "is no place to listen"),
        ("{ sockets: [0.0.0.0:80/sctp] }", "is no place to listen"),
        ("{ sockets: [/run/../a] }", "is not an absolute path"),
        ("{ sockets: [/] }", "use a shorter path"),
        ("{ sockets: [{ name: a }] }", "'listen' is missing"),
        ("{ sockets: [{ listen: 0.0.0.0:80, name: a:b }] }", "'a:b' is not a name"),
        ("{ sockets: [{ listen: 0.0.0.0:80, mode: \"0660\" }] }", "mode | a port has no permissions"),
        ("{ sockets: [{ listen: /a, mode: 660 }] }", "mode | must be a string"),
        ("{ sockets: [{ listen: /a, mode: \"4755\" }] }", "'4755' is not permissions"),
        ("{ sockets: [{ listen: 0.0.0.0:80, backlog: 0 }] }", "from 1 to 65535"),
        ("{ sockets: [{ listen: 0.0.0.0:80/udp, backlog: 5 }] }", "nothing waits to connect"),
        ("{ sockets: [0.0.0.0:80, { listen: 0.0.0.0:80/tcp }] }", "is given twice"),
    ])
    func `what is wrong is told`(_ extension: String, _ problem: String) {
        expect(problem) { () throws(Report) in _ = try app(`extension`) }
    }

    @Test(arguments: [
        ("ports: [\"8080:80\"]", "host port 8080/tcp is taken by other already"),
        ("x-martlet: { sockets: [0.0.0.0:8080] }", "host port 8080/tcp is taken by"),
        ("x-martlet: { sockets: [/run/a.sock] }", "socket /run/a.sock belongs to"),
    ])
    func `what one has another cannot`(_ other: String, _ problem: String) throws {
        expect(problem) { () throws(Report) in
            _ = try app(
                "{ sockets: [127.0.0.1:8080, /run/a.sock] }",
                "  other:\n    image: i\n    \(other)\n"
            )
        }
        // One of version 6 is another port.
        _ = try app("{ sockets: [127.0.0.1:8080, \"[::1]:8080\"] }")
    }

    private func expect(_ problem: String, _ body: () throws(Report) -> Void) {
        do throws(Report) {
            try body()
            Issue.record("\(problem): it is taken")
        } catch {
            let lines = error.problems.map { "\($0.path) | \($0.what): \($0.remedy)" }
            #expect(lines.contains { $0.contains(problem) }, "\(lines)")
        }
    }
}
