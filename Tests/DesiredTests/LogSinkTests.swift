// SPDX-License-Identifier: Apache-2.0
internal import Desired
internal import Testing

/// The words of the sinks that speak to Fluentd and Logstash.
@Suite struct LogSinkTests {
    private func kind(_ text: String) throws(Report) -> SinkSettings.Kind? {
        try NodeSettings.decode(yaml: "format: 1\nsinks:\n  logs: \(text)\n", file: "node.yaml").sinks.first?
            .kind
    }

    private func problem(_ text: String) -> String? {
        do throws(Report) {
            _ = try kind(text)
            return nil
        } catch {
            return error.problems.map(\.description).joined(separator: "\n")
        }
    }

    @Test func `forward is read with all that may be said about it`() throws {
        var forward = SinkSettings.Forward(.init(.tls, "logs.example.net", 24224))
        #expect(try kind("{ forward: { url: tls://logs.example.net } }") == .forward(forward))
        forward.isAcknowledged = true
        forward.patience = .seconds(90)
        forward.compression = .gzip
        forward.tag = try #require(.init("prod.{app}.{instance}"))
        forward.sharedKey = .credential("forward.key")
        forward.user = "node"
        forward.password = .path("/etc/martlet/password")
        forward.tls.authorities = .path("/etc/martlet/ca.pem")
        #expect(
            try kind(
                """
                { forward: { url: tls://logs.example.net:24224, ack: true, ack_timeout: 90s, compress: gzip,
                    tag: "prod.{app}.{instance}", shared_key: cred:forward.key, user: node,
                    password: /etc/martlet/password, ca: /etc/martlet/ca.pem } }
                """
            ) == .forward(forward)
        )
        #expect(forward.tag.pieces == [.text("prod."), .word(.app), .text("."), .word(.instance)])
        #expect(
            try kind("{ forward: { url: unix:///run/fluent.sock } }")
                == .forward(SinkSettings.Forward(.init(.unix, "/run/fluent.sock")))
        )
    }

    private func sink(_ words: String) throws(Report) -> SinkSettings? {
        try NodeSettings.decode(
            yaml: "format: 1\nsinks:\n  logs: { journald: {}, \(words) }\n",
            file: "node.yaml"
        ).sinks.first
    }

    @Test func `how far a sink may be behind is a size, or a size and an age; so is what is kept for it`()
        throws
    {
        #expect(try sink("max_lag: 2G")?.maxLag == .init(size: ByteCount(2 << 30)))
        let both = LogSettings.Keep(size: ByteCount(500 << 20), age: .seconds(7 * 86_400))
        #expect(try sink("max_lag: { size: 500M, age: 168h }")?.maxLag == both)
        #expect(try sink("keep: { size: 500M, age: 7d }")?.keep == both)
        #expect(try sink("keep: {}")?.maxLag == LogSettings.Keep())
        for (words, wrong) in [
            ("max_lag: 5", "must be at least 1M"), ("max_lag: soon", "is not a size"),
            ("max_lag: { age: 1s }", "must be at least 1m"), ("keep: { lines: 3 }", "lines"),
            ("keep: 3M", "a mapping"),
        ] {
            let problem = problem("{ journald: {}, \(words) }")
            #expect(problem?.contains(wrong) == true, "\(words): \(problem ?? "nothing")")
        }
    }

    @Test func `a log holds the most of what its service and its sinks say`() throws {
        let day = Duration.seconds(86_400)
        var sinks = try ["a", "b", "c"].map { name in
            var sink = try #require(try sink("keep: {}"))
            sink.name = name
            return sink
        }
        sinks[0].keep = .init(size: ByteCount(64 << 20), age: day)
        sinks[1].keep.size = ByteCount(1 << 30)
        var logs = LogSettings()
        #expect(logs.keep(for: []) == .init())
        #expect(logs.keep(for: sinks) == .init(size: ByteCount(1 << 30), age: day))
        logs.sinks = ["a"]
        #expect(logs.keep(for: sinks) == sinks[0].keep)
        logs.keep = .init(size: ByteCount(128 << 20), age: day * 3)
        #expect(logs.keep(for: sinks) == logs.keep)
        logs.sinks = ["c"]
        #expect(logs.keep(for: sinks) == logs.keep)
    }

    @Test func `Logstash is read, by lumberjack and by lines`() throws {
        var lumberjack = SinkSettings.Lumberjack(.init(.tcp, "10.0.0.1", 5044))
        #expect(try kind("{ lumberjack: { url: tcp://10.0.0.1 } }") == .lumberjack(lumberjack))
        lumberjack.window = 512
        lumberjack.level = 0
        lumberjack.patience = .seconds(5)
        #expect(
            try kind("{ lumberjack: { url: tcp://10.0.0.1, window: 512, compress: 0, ack_timeout: 5s } }")
                == .lumberjack(lumberjack)
        )
        #expect(
            try kind("{ logstash: { url: \"tcp://[::1]:5000\" } }")
                == .logstash(SinkSettings.JSONLines(.init(.tcp, "::1", 5000)))
        )
    }

    @Test(arguments: [
        ("{ forward: { ack: true } }", "'url' is missing"),
        ("{ forward: { url: http://logs } }", "is not the address of a receiver"),
        ("{ forward: { url: tcp://logs, compress: zstd } }", "write none or gzip"),
        ("{ forward: { url: tcp://logs, tag: \"{host}\" } }", "is not a tag"),
        ("{ forward: { url: tcp://logs, tag: \"a}\" } }", "is not a tag"),
        (
            "{ forward: { url: tcp://logs, ack: false, ack_timeout: 5s } }",
            "means nothing without acknowledgements"
        ),
        ("{ forward: { url: tcp://logs, ack_timeout: 1h } }", "must be from 1s to 10m"),
        ("{ forward: { url: tcp://logs, user: me, password: /p } }", "means nothing without 'shared_key'"),
        ("{ forward: { url: tcp://logs, ca: /ca.pem } }", "means nothing without TLS"),
        ("{ lumberjack: { url: unix:///run/socket } }", "is not the address of a receiver"),
        ("{ lumberjack: { url: tcp://logs, window: 0 } }", "window"),
        ("{ lumberjack: { url: tcp://logs, compress: 9 } }", "compress"),
        ("{ logstash: { url: tcp://logs } }", "is not the address of a receiver"),
        ("{ logstash: { url: tcp://logs:5000, ack: true } }", "unknown key"),
    ])
    func `what cannot be is refused with its remedy`(_ text: String, _ reason: String) {
        #expect(problem(text)?.contains(reason) == true, "\(problem(text) ?? "nothing")")
    }
}
