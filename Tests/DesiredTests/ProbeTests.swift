// SPDX-License-Identifier: Apache-2.0
internal import Desired
internal import Testing

/// `x-martlet.probes` and `x-martlet.flap`.
@Suite struct ProbeTests {
    private func app(_ extension: String) throws -> App {
        try App.decode(
            yaml: "name: a\nservices:\n  web:\n    image: web\n    x-martlet: \(`extension`)\n",
            file: "f.yaml",
            directory: "/",
            environment: [:]
        )
    }

    private func service(_ extension: String) throws -> Service {
        try #require(try app(`extension`).service("web"))
    }

    @Test func `probes say what is asked, how often, and what follows`() throws {
        let probes = try #require(
            try service(
                """
                { probes: {
                    startup: { exec: { command: [test, -e, /up] }, every: 1s, fail_after: 60 },
                    readiness: { http: { port: 4567, path: "/up?x", status: "404,200-299", host: shop.example,
                      headers: { X-Probe: "yes" }, scheme: http }, every: 2s, timeout: 500ms, success_after: 2 },
                    liveness: { tcp: { port: 4567 }, initial_delay: 10s, then: none } } }
                """
            ).probes
        )
        #expect(
            probes.startup == Probe(.exec(["test", "-e", "/up"]), every: .seconds(1), failAfter: 60)
        )
        let request = Probe.HTTP(
            port: 4567,
            path: "/up?x",
            statuses: [200...299, 404...404],
            host: "shop.example",
            headers: ["X-Probe": "yes"]
        )
        #expect(
            probes.readiness
                == Probe(.http(request), every: .seconds(2), timeout: .milliseconds(500), successAfter: 2)
        )
        #expect(probes.liveness == Probe(.tcp(port: 4567), initialDelay: .seconds(10)))
        #expect(probes.consequence == .none)
    }

    @Test func `each question has its short forms and defaults`() throws {
        func check(_ text: String) throws -> Probe? {
            try service("{ probes: { liveness: { \(text) } } }").probes?.liveness
        }
        #expect(try check("http: { port: 80 }") == Probe(.http(Probe.HTTP(port: 80))))
        #expect(try check("http: { port: 80, status: 204 }")?.check.summary == "http :80/")
        #expect(try check("unix: { path: /run//a.sock }") == Probe(.unix(path: "/run/a.sock")))
        #expect(try check("grpc: { port: 50051 }") == Probe(.grpc(port: 50_051, service: "")))
        #expect(try check("grpc: { port: 1, service: shop.v1 }") == Probe(.grpc(port: 1, service: "shop.v1")))
        #expect(
            try check("exec: { command: \"redis-cli -p '1 2'\" }")
                == Probe(.exec(["redis-cli", "-p", "1 2"]))
        )
        let then = try service("{ probes: { liveness: { tcp: { port: 1 }, then: 'exec:kill -HUP 1' } } }")
        #expect(then.probes?.consequence == .exec(["kill", "-HUP", "1"]))
        #expect(try service("{ drain: { wait: 1s } }").probes == nil)
    }

    @Test func `flap has a default and bounds`() throws {
        #expect(try service("{ drain: { wait: 1s } }").flap == FlapLimit(restarts: 5, within: .seconds(300)))
        let flap = try service("{ flap: { restarts: 2, within: 1m, then: degraded } }").flap
        #expect(flap == FlapLimit(restarts: 2, within: .seconds(60)))
    }

    @Test(arguments: [
        ("{ probes: { ready: {} } }", "probes.ready | unknown key"),
        ("{ probes: { readiness: {} } }", "readiness | does not say what to ask"),
        ("{ probes: { readiness: { tcp: { port: 1 }, unix: { path: /a } } } }", "asks 2 questions"),
        ("{ probes: { readiness: { tcp: {} } } }", "'port' is missing"),
        ("{ probes: { readiness: { tcp: { port: 0 } } } }", "'0' is not a whole number from 1 to 65535"),
        ("{ probes: { readiness: { tcp: { port: 80, host: x } } } }", "tcp.host | unknown key"),
        ("{ probes: { readiness: { http: { port: 80, path: up } } } }", "'up' is not a path"),
        ("{ probes: { readiness: { http: { port: 80, path: \"/a b\" } } } }", "is not a path"),
        ("{ probes: { readiness: { http: { port: 80, path: \"/a\\r\\nX: y\" } } } }", "is not a path"),
        ("{ probes: { readiness: { http: { port: 80, status: 299-200 } } } }", "is not status codes"),
        ("{ probes: { readiness: { http: { port: 80, status: 99 } } } }", "is not status codes"),
        ("{ probes: { readiness: { http: { port: 80, scheme: https } } } }", "'https' is not supported yet"),
        (
            "{ probes: { readiness: { http: { port: 80, headers: { Host: a } } } } }",
            "use 'host' of the probe"
        ),
        (
            "{ probes: { readiness: { http: { port: 80, headers: { \"a b\": a } } } } }",
            "not the name of a field"
        ),
        (
            "{ probes: { readiness: { http: { port: 80, headers: { a: \"x\\ny\" } } } } }",
            "not the value of a field"
        ),
        ("{ probes: { readiness: { unix: { path: a.sock } } } }", "is not an absolute path"),
        ("{ probes: { readiness: { unix: { path: /a/../b } } } }", "is not an absolute path"),
        ("{ probes: { readiness: { exec: { command: [] } } } }", "command | is empty"),
        ("{ probes: { readiness: { exec: { command: \"a | b\" } } } }", "is not a command"),
        ("{ probes: { readiness: { tcp: { port: 1 }, every: 1ms } } }", "every | must be at least 100ms"),
        ("{ probes: { readiness: { tcp: { port: 1 }, timeout: 25h } } }", "timeout | is longer than a day"),
        ("{ probes: { readiness: { tcp: { port: 1 }, fail_after: 0 } } }", "from 1 to 1000"),
        ("{ probes: { readiness: { tcp: { port: 1 }, then: none } } }", "readiness.then | unknown key"),
        ("{ probes: { liveness: { tcp: { port: 1 }, then: reboot } } }", "'reboot' is not what can follow"),
        ("{ probes: { liveness: { tcp: { port: 1 }, then: 'exec:' } } }", "is not what can follow"),
        ("{ flap: { restarts: 0 } }", "from 1 to 1000"),
        ("{ flap: { then: stop } }", "'stop' is not supported yet"),
    ])
    func `what cannot be is named`(_ text: String, _ what: String) throws {
        do throws(Report) {
            _ = try App.decode(
                yaml: "name: a\nservices:\n  web:\n    image: web\n    x-martlet: \(text)\n",
                file: "f.yaml",
                directory: "/",
                environment: [:]
            )
            Issue.record("\(text) is taken")
        } catch {
            let lines = error.problems.map { "\($0.path) | \($0.what): \($0.remedy)" }
            #expect(lines.contains { $0.contains(what) }, "\(lines)")
        }
    }

    @Test func `a probe is part of the desired state, and no reason to make a container anew`() throws {
        let one = try app("{ probes: { liveness: { tcp: { port: 1 } } }, flap: { restarts: 2 } }")
        let two = try app("{ probes: { liveness: { tcp: { port: 2 } } }, flap: { restarts: 2 } }")
        let none = try app("{ drain: { wait: 0s } }")
        #expect(Set([one.digest, two.digest, none.digest]).count == 3)
        let keys = try [one, two, none].map { app in app.replaceKey(of: try #require(app.service("web"))) }
        #expect(Set(keys).count == 1)
        let usual = try app("{ drain: { wait: 0s }, flap: { restarts: 5, within: 5m } }")
        #expect(usual.digest == none.digest)
    }
}
