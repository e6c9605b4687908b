internal import Agent
internal import ArgumentParser
// SPDX-License-Identifier: Apache-2.0
internal import Command
internal import Control
internal import Desired
internal import Glibc
internal import Linux

/// Keeper, agent and screen for a laptop or a demo: supervises the two, applies one file, and takes everything
/// down at the end.
struct Foreground {
    let file: DesiredFile
    let app: App
    let folders: Folders
    let quiet: Bool

    private var client: ControlClient { ControlClient(runtime: folders.runtime) }

    func run() async throws {
        let signals = try Interrupts()
        // Before we talk to an agent that is not ours; one of a run that was killed is about to end.
        do { _ = try await folders.claim(within: .seconds(3)) }
        let openFiles = try OpenFiles.raise().soft  // the keeper leaves its descriptors with us
        let keeper = try await KeeperUnit.supervise(folders)
        let agent = try AgentUnit(folders, openFiles: openFiles, secretVariables: app.secretVariables)
        let lines = try quiet ? nil : LogScreen(app: app, folders: folders)
        var failure: (any Error)?
        do {
            try await untilInterrupted(signals, or: agent) { try await bringUp() }
        } catch {
            failure = error
        }
        Terminal.print(Terminal.paint("stopping \(app.name)", code: 1))
        agent.interrupt()
        let impatience = Task { if await signals.next() != nil { agent.interrupt() } }
        defer { impatience.cancel() }
        let code = try await agent.end()
        lines?.end()
        do {
            try await keeper?.quit()
        } catch {
            failure = failure ?? error
        }
        if let failure, !(failure is CancellationError) { throw failure }
        // One that had not begun to listen for signals had made nothing; any other has said why.
        guard [0, 128 + SIGTERM].contains(code) else { throw ExitCode(1) }
    }

    /// Applies the file, says where it is served, and stays until it is interrupted.
    private func bringUp() async throws {
        let outcome = try await persistently {
            try await drain(ControlRequest(.put, "apps", app.name, query: ["wait": "1"], body: file.body))
        }
        try Task.checkCancellation()
        if [.failed, .rolledBack].contains(outcome.kind) {
            throw ControlError(.failed, app.name, outcome.reason)
        }
        let instances: [InstanceStatus] = try await persistently {
            try await client.send(ControlRequest(.get, "instances", query: ["app": app.name]))
        }
        for instance in instances {
            for port in instance.ports {
                Terminal.print(
                    Terminal.paint(
                        "\(app.name)/\(instance.service) answers on \(Self.address(port))",
                        code: 1
                    )
                )
            }
        }
        Terminal.print(Terminal.paint("\(app.name) is up: Ctrl-C stops it", code: 1))
        while true { try await Task.sleep(for: .seconds(3600)) }
    }

    /// The last line of an answer.
    private func drain(_ request: ControlRequest) async throws -> ApplyProgress {
        var last: ApplyProgress?
        do throws(ControlError) {
            for try await line in try await client.lines(request, of: ApplyProgress.self, mayTakeLong: true) {
                last = line
            }
        } catch {
            throw file.placed(error)
        }
        guard let last, ![.pulling, .accepted, .step].contains(last.kind) else {
            throw ControlError(.unreachable, "agent", "its answer ends without an outcome")
        }
        return last
    }

    /// Asks again while the agent starts, or is started again.
    private func persistently<Answer>(_ body: () async throws -> Answer) async throws -> Answer {
        var left = 300
        while true {
            do {
                return try await body()
            } catch let error as ControlError where error.code == .unreachable && left > 0 {
                left -= 1
                try await Task.sleep(for: .milliseconds(100))
            }
        }
    }

    /// `127.0.0.1:8080->80/tcp` as something to click on.
    private static func address(_ port: String) -> String {
        let parts = port.split(separator: "-", maxSplits: 1)
        let host = (parts.first ?? "").replacing("0.0.0.0:", with: "127.0.0.1:").replacing(
            "[::]:",
            with: "[::1]:"
        )
        return "\(port.hasSuffix("/udp") ? "udp" : "http")://\(host)/"
    }

    private func untilInterrupted(
        _ signals: Interrupts,
        or agent: AgentUnit,
        _ body: @escaping @Sendable () async throws -> Void
    ) async throws {
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { try await body() }
            group.addTask { _ = await signals.next() }
            group.addTask { if try await agent.end() >= 0 { throw ExitCode(1) } }
            defer { group.cancelAll() }
            try await group.next()
        }
    }
}
