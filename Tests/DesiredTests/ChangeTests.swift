// SPDX-License-Identifier: Apache-2.0
internal import Calendar
internal import Desired
internal import Testing

/// What comes before a change, and when there may be one.
@Suite struct ChangeTests {
    @Test func `hooks before the start are jobs that run once, one after another`() throws {
        let app = try Sample.app(
            """
            name: a
            services:
              db: {image: d}
              web:
                image: i
                command: [serve]
                ports: ["127.0.0.1:8080:80"]
                environment: {A: "1", B: "2"}
                user: "7"
                volumes: ["data:/data"]
                networks: {back: {aliases: [www]}}
                depends_on: [db]
                deploy: {replicas: 3}
                pre_start:
                  - {command: [sh, -c, one], environment: {B: "3"}, user: "8", working_dir: /srv}
                  - {command: two}
            volumes: {data: {}}
            networks: {back: {}}
            """
        )
        #expect(app.jobs.map(\.name) == ["web.pre_start.1", "web.pre_start.2"])
        let (first, second) = (app.jobs[0].service, app.jobs[1].service)
        #expect(first.command == ["sh", "-c", "one"] && first.entrypoint == [] && first.image == "i")
        #expect(
            first.environment == ["A": "1", "B": "3"] && first.user == "8" && first.workingDirectory == "/srv"
        )
        #expect(first.mounts.count == 1 && first.ports.isEmpty && first.replicas == 1)
        #expect(first.networks.map(\.network) == ["back"] && first.networks[0].aliases.isEmpty)
        #expect(second.user == "7" && second.environment == ["A": "1", "B": "2"])
        #expect(first.dependencies.map(\.service) == ["db"])
        #expect(second.dependencies.map(\.service) == ["db", "web.pre_start.1"])
        let web = try #require(app.service("web"))
        #expect(web.dependencies.map(\.service) == ["db", "web.pre_start.2"])
        #expect(web.dependencies.last?.condition == .completed)
        #expect(app.workloadsInOrder.map(\.name) == ["db", "web.pre_start.1", "web.pre_start.2", "web"])
        // Another port of the service runs no hook again; another variable does.
        var moved = app
        moved.services[1].ports = []
        #expect(moved.runKey(of: moved.jobs[0], image: "x") == app.runKey(of: app.jobs[0], image: "x"))
    }

    @Test func `a hook's name is nobody else's`() {
        let problems = Sample.problems(
            "name: a\nservices:\n  web: {image: i, pre_start: [{command: x}]}\n  web.pre_start.1: {image: i}\n"
        )
        #expect(problems.contains { $0.contains("'web.pre_start.1' is the name of a hook") }, "\(problems)")
    }

    @Test func `windows stand at the top and in a service`() throws {
        let app = try Sample.app(
            "x-martlet: {window: \"Mon-Fri 02:00-04:00 Europe/Berlin\"}\n\(Sample.header)"
                + "    x-martlet: {window: [\"22:00-02:00\", \"Sat 00:00-24:00\"], lock: /run/update.lock}\n"
        )
        #expect(app.windows.map(\.text) == ["Mon-Fri 02:00-04:00 Europe/Berlin"])
        #expect(app.windows[0].zone == "Europe/Berlin")
        #expect(app.services[0].windows?.map(\.text) == ["22:00-02:00", "Sat 00:00-24:00"])
        #expect(app.services[0].lock == "/run/update.lock")
        let plain = try Sample.app(Sample.header)
        #expect(plain.windows.isEmpty && plain.services[0].windows == nil && plain.services[0].lock == nil)
        #expect(plain.digest != app.digest)
        #expect(plain.replaceKey(of: plain.services[0]) == app.replaceKey(of: app.services[0]))
    }

    @Test(arguments: [
        ("{window: always}", "x-martlet.window | 'always' is not a window | write days"),
        ("{window: []}", "x-martlet.window | is empty"),
        ("{window: {}}", "x-martlet.window | must be a list"),
        (
            "{window: [\"02:00-03:00\", \"25:00-26:00\"]}",
            "x-martlet.window[1] | '25:00-26:00' is not a window"
        ),
        ("{lock: run/lock}", "x-martlet.lock | 'run/lock' is not an absolute path"),
    ])
    func `what is no window or lock`(_ own: String, _ what: String) {
        let problems = Sample.webProblems("x-martlet: \(own)")
        #expect(problems.contains { $0.contains(what) }, "\(problems)")
    }

    @Test func `a part of the replaced may fail`() throws {
        let ratios = "update_config: {max_failure_ratio: 0.25}, rollback_config: {max_failure_ratio: 1}"
        let web = try Sample.web("deploy: {\(ratios)}")
        #expect(web.update.maximumFailureRatio == 0.25 && web.rollback.maximumFailureRatio == 1)
        let plain = try Sample.web("")
        #expect(plain.update.maximumFailureRatio == 0 && plain.rollback.maximumFailureRatio == 0)
        for (key, wrong) in [("update", "1.5"), ("update", "-1"), ("rollback", "x"), ("rollback", "1.01")] {
            let problems = Sample.webProblems("deploy: {\(key)_config: {max_failure_ratio: \(wrong)}}")
            #expect(problems.contains { $0.contains("is not a number from 0 to 1") }, "\(problems)")
        }
    }

    @Test func `the node has a pause file`() throws {
        let text = "format: 1\napply: {mode: auto, pause_file: /run/martlet/pause}\n"
        #expect(try NodeSettings.decode(yaml: text, file: "node.yaml").pauseFile == "/run/martlet/pause")
    }

    @Test func `the node carries out what comes, or plans it alone`() throws {
        func mode(_ text: String) throws -> ApplyMode {
            try NodeSettings.decode(yaml: "format: 1\n\(text)\n", file: "node.yaml").applyMode
        }
        #expect(try mode("") == .auto && mode("apply: {mode: auto}") == .auto)
        #expect(try mode("apply: {mode: plan-only}") == .planOnly)
        let report = #expect(throws: Report.self) { try mode("apply: {mode: plan}") }
        #expect("\(try #require(report))".contains("'plan' is not a mode: use auto or plan-only"))
    }
}
