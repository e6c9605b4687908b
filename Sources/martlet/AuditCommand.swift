internal import ArgumentParser
// SPDX-License-Identifier: Apache-2.0
internal import Command
internal import Control

/// The verb `martlet audit [verify]`.
struct AuditCommand: AsyncParsableCommand, ReportingVerb {
    static let configuration = CommandConfiguration(
        verb: "audit",
        abstract: "Show who changed what, or whether that record is whole.",
        discussion: """
            `martlet audit verify` exits with 1 if a record was altered or is missing.

            \(Failure.exitCodes)
            """
    )

    /// What is asked.
    enum Question: String, ExpressibleByArgument, CaseIterable {
        /// The records.
        case show
        /// Whether they are whole.
        case verify
    }

    @OptionGroup var options: RuntimeOptions
    @Option(help: "The last N records.") var tail: Int?
    @Flag(help: "One JSON object a line.") var json = false
    @Argument(help: "show or verify.") var question = Question.show

    func validate() throws {
        if let tail, tail < 0 { throw ValidationError("--tail: \(tail) is less than 0") }
    }

    func run() async throws {
        switch question {
        case .show: try await show()
        case .verify: try await verify()
        }
    }

    private func show() async throws {
        let records: ControlLines<AuditRecord> = try await options.client.lines(
            ControlRequest(.get, "audit", query: ["tail": tail.map(String.init)])
        )
        for try await record in records {
            if json { Terminal.printJSON(record) } else { Terminal.print(Self.line(record)) }
            if Terminal.isCut { break }
        }
    }

    private func verify() async throws {
        let verdict: AuditVerdict = try await options.client.send(ControlRequest(.get, "audit", "verdict"))
        if json {
            Terminal.printJSON(verdict)
        } else if let fault = verdict.fault {
            throw ControlError(.failed, "audit", fault, "somebody, or the disk, has changed it")
        } else {
            Terminal.print("records \(verdict.first) to \(verdict.last) are as they were written")
        }
        guard verdict.fault == nil else { throw ExitCode(1) }
    }

    static func line(_ record: AuditRecord) -> String {
        [
            record.time, record.result, record.caller, record.action, record.subject,
            record.digest.map { String($0.prefix(19)) } ?? "", record.reason,
        ].filter { !$0.isEmpty }.map(Terminal.visible).joined(separator: "  ")
    }
}
