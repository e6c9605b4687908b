// SPDX-License-Identifier: Apache-2.0
internal import ArgumentParser
internal import Command
internal import Control

/// The verb `martlet upgrade IMAGE`.
struct UpgradeCommand: AsyncParsableCommand, ReportingVerb {
    static let configuration = CommandConfiguration(
        verb: "upgrade",
        abstract: "Have the agent go on as another release, and back if that does not become healthy.",
        discussion: """
            The image of a release holds the programs of Martlet in /usr/libexec/martlet. It is pulled, or was \
            imported, and judged like any other; its name needs a digest, or its rule a key that signed it. The agent \
            goes on as it in the same process and on trial: a release that has not confirmed itself in time, or ends \
            before, is left, and what was in force goes on. No container is touched. Other programs that are installed \
            later win over a release.

            """ + Failure.exitCodes
    )

    @OptionGroup var options: RuntimeOptions
    @Flag(help: "Wait until it is confirmed, or left.") var wait = false
    @Flag(help: "Go back to the programs that are installed.") var installed = false
    @Option(help: "The rule of trust.images that must let it run besides that of its prefix.") var verify:
        String?
    @Option(help: "How long it may take to be confirmed, 15s to 4m. [2m]") var health: TimeSpan?
    @Flag(help: "One JSON object.") var json = false
    @Argument(help: "The image of the release.") var image: String?

    func validate() throws {
        guard installed != (image != nil) else {
            throw ValidationError("name one image, or give --installed")
        }
        guard let health else { return }
        guard 15...240 ~= health.seconds else {
            throw ValidationError("--health: must be from 15s to 4m")
        }
    }

    func run() async throws {
        let client = try options.client
        let request = ControlRequest(
            installed ? .delete : .post,
            "release",
            query: ["image": image, "verify": verify, "health": health.map { "\($0.seconds)" }]
        )
        let asked: ReleaseStatus = try await client.send(request, mayTakeLong: true)
        guard wait, asked.state == "trial" || installed else { return show(asked) }
        let end = ContinuousClock.now + .seconds((health?.seconds ?? 120) + 60)
        while ContinuousClock.now < end {
            try await Task.sleep(for: .milliseconds(250))
            guard let now = try await status(client) else { continue }
            if let failed = now.failed, failed.digest == asked.digest, now.digest != asked.digest {
                throw ControlError(
                    .failed,
                    failed.image,
                    "release \(failed.version) was left: \(failed.reason)",
                    "see `journalctl -u martlet`"
                )
            }
            if now.digest == asked.digest, now.state != "trial" { return show(now) }
        }
        throw ControlError(.failed, image ?? "agent", "no end came in sight", "see `martlet status`")
    }

    /// Nil while one program goes on as another, or ends with a question in its hands.
    private func status(_ client: ControlClient) async throws(ControlError) -> ReleaseStatus? {
        do {
            let node: NodeStatus = try await client.send(ControlRequest(.get, "status"))
            return node.release
        } catch {
            guard [.unreachable, .failed].contains(error.code) else { throw error }
            return nil
        }
    }

    private func show(_ status: ReleaseStatus) {
        if json {
            Terminal.printJSON(status)
        } else {
            Terminal.print("agent  \(Terminal.visible(status.shown))")
        }
    }
}
