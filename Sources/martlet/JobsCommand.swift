// SPDX-License-Identifier: Apache-2.0
internal import ArgumentParser
internal import Command
internal import Control

/// The verb `martlet jobs`.
struct JobsCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "jobs",
        abstract: "List the jobs with their next and last runs, or the runs of one; run one now.",
        discussion: Failure.exitCodes,
        subcommands: [ListJobsCommand.self, RunJobCommand.self],
        defaultSubcommand: ListJobsCommand.self
    )
}

/// The verb `martlet jobs list [APP [JOB]]`.
struct ListJobsCommand: AsyncParsableCommand, ReportingVerb {
    static let configuration = CommandConfiguration(
        commandName: "list",
        abstract: "List jobs, or with a job its runs; `list` may be left out.",
        discussion: Failure.exitCodes
    )

    @OptionGroup var options: RuntimeOptions
    @Flag(help: "One JSON array.") var json = false
    @Argument(help: "The app; all without one.") var app: String?
    @Argument(help: "The job whose runs are listed.") var job: String?

    func run() async throws {
        let request =
            switch (app, job) {
            case (let app?, let job?): ControlRequest(.get, "apps", app, "jobs", job)
            case (let app?, nil): ControlRequest(.get, "apps", app, "jobs")
            default: ControlRequest(.get, "jobs")
            }
        let jobs: [JobStatus] = try await options.client.send(request)
        if json { return Terminal.printJSON(jobs) }
        (job == nil ? Self.table(jobs) : Self.runs(jobs.flatMap(\.runs))).print()
    }

    static func table(_ jobs: [JobStatus], now: Int64 = Spelling.now) -> Table {
        var table = Table("APP", "JOB", "SCHEDULE", "NEXT", "LAST", " AGE", "REASON")
        for job in jobs {
            let last = job.runs.first
            let reason = job.reason.isEmpty ? last?.reason ?? "" : job.reason
            table.add(
                Table.Cell(job.app),
                Table.Cell(job.job),
                Table.Cell(job.schedule.map { "\($0) \(job.timeZone)" } ?? "once"),
                Table.Cell(job.next ?? "-"),
                result(last),
                "\(last?.startedAt.flatMap { Spelling.age(since: $0, now: now) } ?? "-")",
                Table.Cell(reason)
            )
        }
        return table
    }

    static func runs(_ runs: [RunStatus]) -> Table {
        var table = Table(
            " RUN",
            " ATTEMPT",
            "RESULT",
            "DUE",
            "STARTED",
            "ENDED",
            " EXIT",
            "CALLER",
            "REASON"
        )
        for run in runs {
            table.add(
                "\(run.run)",
                "\(run.attempt)",
                result(run),
                Table.Cell(run.due ?? "-"),
                Table.Cell(run.startedAt ?? "-"),
                Table.Cell(run.endedAt ?? "-"),
                "\(run.exitStatus.map { "\($0)" } ?? "-")",
                Table.Cell(run.caller ?? "-"),
                Table.Cell(run.reason)
            )
        }
        return table
    }

    private static func result(_ run: RunStatus?) -> Table.Cell {
        guard let run else { return "-" }
        let colour = ["succeeded": 32, "running": 33][run.result] ?? 31
        return Table.Cell(run.result, colour: colour)
    }
}

/// The verb `martlet jobs run APP JOB`.
struct RunJobCommand: AsyncParsableCommand, ReportingVerb {
    static let configuration = CommandConfiguration(
        commandName: "run",
        abstract: "Run a job now; what it prints is in `martlet logs APP/JOB`.",
        discussion: Failure.exitCodes
    )

    @OptionGroup var options: RuntimeOptions
    @Flag(help: "One JSON object.") var json = false
    @Argument(help: "The app.") var app: String
    @Argument(help: "The job.") var job: String

    func run() async throws {
        let run: RunStatus = try await options.client.send(
            ControlRequest(.post, "apps", app, "jobs", job, "run")
        )
        if json { return Terminal.printJSON(run) }
        Terminal.print("\(app)/\(job): run \(run.run) has begun")
    }
}
