// SPDX-License-Identifier: Apache-2.0
internal import Desired
internal import Testing

/// `x-martlet.logs`.
@Suite struct LogSettingsTests {
    private func app(_ extension: String, jobs: String = "") throws -> App {
        try App.decode(
            yaml: "name: a\nservices:\n  web:\n    image: web\n    x-martlet: \(`extension`)\n\(jobs)",
            file: "f.yaml",
            directory: "/",
            environment: [:]
        )
    }

    private func logs(_ words: String) throws -> LogSettings {
        try #require(try app("{ logs: \(words) }").service("web")).logs
    }

    @Test func `every word comes through`() throws {
        let logs = try logs(
            """
            { parse: json, multiline: { start: '^\\S', timeout: 2s, max_lines: 50 },
              redact: ['(?i)authorization: \\S+', 'k[0-9]+'], sample: { rate: 10 },
              rate_limit: { lines: 1000/s, bytes: 1.5M/s, burst: 5s }, fields: { team: shop, zone: eu-1 },
              sinks: [siem, lake], on_full: drop_new, keep: { size: 64M, age: 168h } }
            """
        )
        var expected = LogSettings()
        expected.format = .json
        expected.multiline = .init(start: "^\\S", timeout: .seconds(2), mostLines: 50)
        expected.redact = ["(?i)authorization: \\S+", "k[0-9]+"]
        expected.sample = 10
        expected.rateLimit = .init(lines: 1_000, bytes: 1_572_864, burst: .seconds(5))
        expected.fields = ["team": "shop", "zone": "eu-1"]
        expected.sinks = ["lake", "siem"]
        expected.onFull = .dropNew
        expected.keep = .init(size: ByteCount(64 << 20), age: .seconds(168 * 3_600))
        #expect(logs == expected)
        #expect(try self.logs("{ sinks: [] }").sinks == [])
        #expect(try self.logs("{ parse: none, on_full: drop_oldest, sample: { rate: 1 } }") == LogSettings())
    }

    @Test func `a job has them, too`() throws {
        let jobs = "x-jobs:\n  j:\n    image: j\n    x-martlet: { logs: { on_full: block } }\n"
        #expect(try app("{}", jobs: jobs).job("j")?.service.logs.onFull == .block)
    }

    @Test(arguments: [
        ("{ parse: xml }", "logs.parse | 'xml' is not a format: use none, json or logfmt"),
        ("{ format: json }", "logs.format | unknown key"),
        ("{ multiline: { timeout: 1s } }", "multiline | 'start' is missing"),
        ("{ multiline: { start: '(' } }", "multiline.start | '(' without ')'"),
        ("{ multiline: { start: a, timeout: 5m } }", "timeout | must be at least 10ms and at most 1m"),
        ("{ multiline: { start: a, max_lines: 1 } }", "from 2 to 10000"),
        ("{ redact: ['a', '(?=b)'] }", "redact[1] | '(?=' cannot be matched in linear time"),
        ("{ redact: ['a*'] }", "redact[0] | can match nothing, which is everywhere"),
        ("{ redact: ['a{600}', 'b{600}'] }", "redact | all of them together: is too large"),
        ("{ redact: a }", "redact | must be a list"),
        ("{ sample: {} }", "sample | 'rate' is missing"),
        ("{ sample: { rate: 0 } }", "from 1 to 1000000"),
        ("{ rate_limit: { burst: 1s } }", "rate_limit | limits nothing: add 'lines' or 'bytes'"),
        ("{ rate_limit: { lines: 100 } }", "rate_limit.lines | '100' is not a number of lines a second"),
        ("{ rate_limit: { lines: 0/s } }", "write for example 1000/s"),
        ("{ rate_limit: { bytes: 5/s } }", "write for example 1M/s"),
        ("{ rate_limit: { lines: 1/s, burst: 2h } }", "burst | must be at least 100ms and at most 1h"),
        ("{ fields: { 'a b': c } }", "is not the name of a field"),
        ("{ fields: { a: \"x\\ny\" } }", "is not the value of a field"),
        ("{ sinks: [a, a] }", "sinks[1] | is given twice"),
        ("{ sinks: ['a/b'] }", "is not the name of a sink"),
        ("{ on_full: wait }", "on_full | 'wait' is not what happens then"),
        ("{ keep: { size: 1k } }", "size | must be at least 1M and at most 1T"),
        ("{ keep: { age: 1s } }", "age | must be at least 1m"),
    ])
    func `what cannot be is named with its line and remedy`(_ words: String, _ what: String) {
        do throws(Report) {
            _ = try App.decode(
                yaml: "name: a\nservices:\n  web:\n    image: web\n    x-martlet: { logs: \(words) }\n",
                file: "f.yaml",
                directory: "/",
                environment: [:]
            )
            Issue.record("\(words) is taken")
        } catch {
            let lines = error.problems.map { "\($0.path) | \($0.what): \($0.remedy)" }
            #expect(lines.contains { $0.contains(what) }, "\(lines)")
            #expect(error.problems.allSatisfy { $0.file == "f.yaml" && $0.line == 5 })
        }
    }

    @Test func `they are part of the desired state, and no reason to make a container anew`() throws {
        let texts = [
            "{}", "{ parse: json }", "{ redact: [a] }", "{ sinks: [] }", "{ sinks: [a] }",
            "{ on_full: block }",
            "{ keep: { age: 1h } }", "{ sample: { rate: 2 } }", "{ rate_limit: { lines: 1/s } }",
            "{ fields: { a: b } }", "{ multiline: { start: a } }",
        ]
        let apps = try texts.map { try app("{ logs: \($0) }") }
        #expect(Set(apps.map(\.digest)).count == texts.count)
        let keys = try apps.map { app in app.replaceKey(of: try #require(app.service("web"))) }
        #expect(Set(keys).count == 1)
        #expect(try app("{ logs: {} }").digest == app("{ userns: auto }").digest)
    }

    @Test func `a change is named by its words`() throws {
        let one = try logs("{ redact: [a], sinks: [x] }"), two = try logs("{ redact: [b], on_full: block }")
        #expect(
            two.changes(from: one.text)
                == ["x-martlet.logs.on_full", "x-martlet.logs.redact", "x-martlet.logs.sinks"]
        )
        #expect(one.changes(from: one.text) == [])
        #expect(LogSettings().text == "{}")
    }
}
