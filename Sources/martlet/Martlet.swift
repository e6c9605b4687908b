// SPDX-License-Identifier: Apache-2.0
internal import ArgumentParser

@main
struct Martlet: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "martlet", abstract: "Immutable-infrastructure node agent.")
}
