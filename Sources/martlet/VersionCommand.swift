internal import ArgumentParser
// SPDX-License-Identifier: Apache-2.0
internal import Command
internal import Control
internal import Desired

/// The verb `martlet version`.
struct VersionCommand: AsyncParsableCommand, ReportingVerb {
    static let configuration = CommandConfiguration(
        verb: "version",
        abstract: "Show the versions of this program and of the agent.",
        discussion: Failure.exitCodes
    )

    private struct Versions: Encodable {
        let client: VersionReply
        let agent: VersionReply?
    }

    @OptionGroup var options: RuntimeOptions
    @Flag(help: "One JSON object; `agent` is left out if none answers.") var json = false

    func run() async throws {
        let client = VersionReply(format: App.newestFormat)
        var agent: VersionReply?
        var silence = ""
        switch await answer() {
        case .success(let reply): agent = reply
        case .failure(let error) where error.code == .unreachable: silence = error.what
        case .failure(let error): throw error
        }
        if json { return Terminal.printJSON(Versions(client: client, agent: agent)) }
        Terminal.print("martlet  \(Self.text(client))")
        Terminal.print("agent    \(Terminal.visible(agent.map(Self.text) ?? silence))")
    }

    private func answer() async -> Result<VersionReply, ControlError> {
        do { return .success(try await options.client.send(ControlRequest(.get, "version"))) } catch {
            return .failure(error)
        }
    }

    private static func text(_ version: VersionReply) -> String {
        "\(version.version) (API \(version.api), format \(version.format))"
    }
}
