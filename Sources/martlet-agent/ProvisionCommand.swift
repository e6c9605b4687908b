// SPDX-License-Identifier: Apache-2.0
internal import Agent
internal import ArgumentParser
internal import Command
internal import Desired
internal import Glibc
internal import Linux

/// The verb `martlet provision`: what `martlet-provision.service` does at the first boot.
struct ProvisionCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "provision",
        abstract: NodeVerb.provision.abstract,
        discussion: """
            The text is looked for on the kernel's command line (martlet.provision=URL or PATH, and \
            martlet.provision.sha256=DIGITS), among the credentials of the service (martlet.provision), and on a file \
            system with the label MARTLET (provision.yaml), if this node has no apps yet. Without one nothing is \
            done.
            """
    )

    @OptionGroup var options: FolderOptions
    @Option(help: "The folder of the node's settings.") var settings = "/etc/martlet"
    @Option(help: .hidden) var commandLine = "/proc/cmdline"
    @Option(help: .hidden) var container = "/run/systemd/container"
    @Option(help: .hidden) var labels = "/dev/disk/by-label"

    func run() throws {
        guard geteuid() == 0 else { throw AgentError("provision", settings, "needs root") }
        if let fault = Failpoint.fault { throw AgentError("provision", settings, fault) }
        let folders = try options.folders()
        let provisioning = Provisioning(settings: settings)
        try provisioning.recover()
        if let mark = try provisioning.mark() {
            return Terminal.print(
                "martlet: provisioned at \(mark.at) from \(mark.source), sha256 \(mark.sha256)"
            )
        }
        func tell(_ why: String) { Terminal.complain("provision: \(why)") }
        let place = try ProvisionPlace.find(
            commandLine: try ProvisionPlace.commandLine(commandLine, container: container),
            credentials: RuntimeOptions.variable("CREDENTIALS_DIRECTORY"),
            labels: labels,
            hasApps: folders.knowApps(),
            tell: tell
        )
        let text = try place?.read(mount: "\(folders.runtime)/provision", tell: tell)
        guard let place, let bytes = text else {
            return Terminal.print("martlet: nothing to provision this node from")
        }
        do {
            try provisioning.run(bytes, from: place.description)
        } catch let report as Report {
            for problem in report.problems { Terminal.complain("\(problem)") }
            throw ExitCode(2)
        }
        if let mark = try provisioning.mark() {
            Terminal.print("martlet: provisioned from \(mark.source), sha256 \(mark.sha256)")
        }
    }
}
