// SPDX-License-Identifier: Apache-2.0
internal import Calendar
internal import Desired
internal import Testing

@Suite struct JobTests {
    private func job(_ lines: String, _ name: String = "report") throws -> Job {
        let app = try Sample.app("\(Sample.header)x-jobs: {report: {image: r, \(lines)}}\n")
        return try #require(app.job(name))
    }

    @Test func `a job is a service with words of its own`() throws {
        let job = try job(
            "schedule: 15 3 * * *, time_zone: Europe/Berlin, overlap: replace, missed: run-once, timeout: 20m, "
                + "retries: 2, keep: 7, environment: {A: \"1\"}, command: [sh, -c, x]"
        )
        #expect(job.schedule?.text == "15 3 * * *" && job.timeZone == "Europe/Berlin")
        #expect(job.overlap == .replace && job.missed == .runOnce && job.timeout == .seconds(1200))
        #expect(job.retries == 2 && job.keep == 7)
        #expect(job.service.image == "r" && job.service.environment == ["A": "1"])
        #expect(job.service.command == ["sh", "-c", "x"] && job.service.restart.condition == .never)
        #expect(job.service.networks.map(\.network) == ["default"])
    }

    @Test func `what is absent has its default`() throws {
        let job = try job("schedule: \"@daily\"")
        #expect(job.timeZone == "UTC" && job.overlap == .forbid && job.missed == .skip)
        #expect(job.timeout == nil && job.retries == 0 && job.keep == 10)
        let once = try Sample.app("name: a\njobs: {once: {image: i}}\n")
        #expect(once.services.isEmpty && once.job("once")?.schedule == nil)
        #expect(once.networks.map(\.name) == ["default"])
    }

    @Test func `jobs are part of the digest and are the same in either spelling`() throws {
        let bare = try Sample.app("\(Sample.header)jobs: {j: {image: r, schedule: \"@daily\"}}\n")
        let other = try Sample.app("\(Sample.header)x-jobs: {j: {schedule: \"@daily\", image: r}}\n")
        #expect(bare == other && bare.digest == other.digest)
        #expect(bare.digest != (try Sample.app(Sample.header).digest))
        let late = try Sample.app("\(Sample.header)x-jobs: {j: {schedule: \"@weekly\", image: r}}\n")
        #expect(bare.digest != late.digest)
        let (one, two) = (try #require(bare.job("j")), try #require(late.job("j")))
        #expect(bare.runKey(of: one, image: "x") == late.runKey(of: two, image: "x"))
        #expect(bare.runKey(of: one, image: "x") != bare.runKey(of: one, image: "y"))
    }

    @Test func `the resolved model has them where a file has them, and is read again as the same`() throws {
        let text = """
            name: a
            services:
              web: {image: i, depends_on: {migrate: {condition: service_completed_successfully}}}
            x-jobs:
              migrate: {image: r, retries: 1, networks: [back], volumes: ["data:/data"]}
              nightly: {extends: web, schedule: "1 2 * * 1-5", depends_on: !reset }
            networks: {back: {}}
            volumes: {data: {}}
            """
        let project = try Load(["compose.yaml": text]).project()
        let app = try project.app()
        #expect(app.jobs.map(\.name) == ["migrate", "nightly"] && app.services.map(\.name) == ["web"])
        #expect(app.job("nightly")?.service.image == "i")
        #expect(app.workloadsInOrder.map(\.name).prefix(2) == ["migrate", "nightly"])
        #expect(app.networks.map(\.name) == ["back", "default"] && app.volumes.map(\.name) == ["data"])
        #expect(project.model.yaml.contains("x-jobs:\n  migrate:"))
        #expect(!project.json.contains("x-martlet-job"))
        let again = try App.decode(yaml: project.json, file: "a", directory: "/", environment: [:])
        #expect(again == app)
    }

    @Test(arguments: [
        ("schedule: 1 2 3", "x-jobs.report.schedule: '1 2 3' is not a cron expression"),
        ("schedule: 0 0 30 2 *", "x-jobs.report.schedule: '0 0 30 2 *' is never due"),
        ("schedule: \"@daily\", time_zone: ../etc", "x-jobs.report.time_zone: '../etc' is not the name of a"),
        ("overlap: allow", "x-jobs.report.overlap: means nothing without 'schedule'"),
        ("schedule: \"@daily\", overlap: never", "x-jobs.report.overlap: 'never' is not"),
        ("schedule: \"@daily\", missed: maybe", "x-jobs.report.missed: 'maybe' is not"),
        ("timeout: 0s", "x-jobs.report.timeout: must be at least 1s"),
        ("retries: -1", "x-jobs.report.retries"),
        ("keep: 0", "x-jobs.report.keep"), ("keep: 101", "x-jobs.report.keep"),
        ("x-martlet: {notify: true}", "x-jobs.report.x-martlet.notify: is nothing for a job"),
        ("x-martlet: {sockets: [/a]}", "x-jobs.report.x-martlet.sockets: is nothing for a job"),
        ("restart: always", "x-jobs.report.restart: is nothing for a job"),
        ("healthcheck: {test: [NONE]}", "x-jobs.report.healthcheck: is nothing for a job"),
        ("deploy: {replicas: 2}", "x-jobs.report.deploy.replicas: is nothing for a job"),
        ("schedul: x", "x-jobs.report.schedul: unknown key"),
        ("x-martlet-job: {}", "x-jobs.report.x-martlet-job: unknown key"),
    ])
    func `what is wrong with a job is told where it stands`(_ lines: String, _ what: String) {
        let problems = Sample.problems("\(Sample.header)x-jobs: {report: {image: r, \(lines)}}\n")
        #expect(problems.contains { $0.contains(what) }, "\(problems)")
    }

    @Test(arguments: [
        ("x-jobs: {a: {image: i}}\njobs: {b: {image: i}}\n", "jobs: does not go with 'x-jobs'"),
        ("x-jobs: {web: {image: i}}\n", "x-jobs.web: a service has the same name"),
        ("x-jobs: [a]\n", "x-jobs: must be a mapping"), ("x-jobs: {a: }\n", "x-jobs.a: must be a mapping"),
        ("x-jobs: {a: {command: x}}\n", "x-jobs.a: 'image' is missing"),
        ("jobs: {\"a b\": {image: i}}\n", "'a b' is not a name"),
        (
            "  s: {image: i, depends_on: {j: {condition: service_completed_successfully}}}\n"
                + "x-jobs: {j: {image: i, schedule: \"@daily\"}}\n",
            "services.s.depends_on.j: j has a schedule"
        ),
        ("  s: {image: i, depends_on: [j]}\njobs: {j: {image: i}}\n", "write 'condition: service_completed"),
        ("  s: {image: i, x-martlet-job: {}}\n", "unknown key"),
    ])
    func `what is wrong with jobs`(_ lines: String, _ what: String) {
        let problems = Sample.problems(Sample.header + lines)
        #expect(problems.contains { $0.contains(what) }, "\(problems)")
    }

    @Test func `who extends a job is none`() throws {
        let app = try Sample.app(
            "\(Sample.header)  s: {extends: j}\njobs: {j: {image: r, schedule: \"@daily\"}}\n"
        )
        #expect(app.services.map(\.name) == ["s", "web"] && app.service("s")?.image == "r")
    }
}
