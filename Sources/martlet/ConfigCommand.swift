internal import ArgumentParser
// SPDX-License-Identifier: Apache-2.0
internal import Command
internal import Desired

/// The verb `martlet config FILE...`.
struct ConfigCommand: ParsableCommand, ReportingVerb {
    static let configuration = CommandConfiguration(
        verb: "config",
        abstract: "Print what desired-state files say together, resolved and in the long form.",
        discussion: "It is printed whether or not this node can do all of it; `validate` tells.\n\n"
            + Failure.exitCodes
    )

    @Flag(help: "As JSON instead of YAML.") var json = false
    @Flag(help: "Print the digest that the generation is known by instead.") var digest = false
    @Flag(help: "Print the one text that `apply` sends: it needs no other file and no variable.")
    var portable = false
    @OptionGroup var project: ProjectOptions

    func run() throws {
        if digest { return Terminal.print(try project.named.desired().app().digest) }
        if portable {
            let file = try project.named.desired()
            _ = try file.app()
            return Terminal.print(String(decoding: file.body, as: UTF8.self))
        }
        let model = try project.named.project().model
        Terminal.print(json ? model.json : model.yaml)
    }
}
