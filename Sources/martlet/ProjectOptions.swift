// SPDX-License-Identifier: Apache-2.0
internal import ArgumentParser

/// Which files a desired state is read from, and how.
struct ProjectOptions: ParsableArguments {
    @Option(
        name: .customLong("profile"),
        help: "A profile to activate, * for all; may be given again. [COMPOSE_PROFILES]"
    )
    var profiles: [String] = []

    @Option(help: "The directory that relative paths start from. [that of the first file]")
    var projectDirectory: String?

    @Option(
        name: .shortAndLong,
        help: "The app's name. [COMPOSE_PROJECT_NAME, 'name' in the file, its directory]"
    )
    var projectName: String?

    @Argument(help: "The desired-state file; what later files say is merged over it.", completion: .file())
    var files: [String]

    /// Reads and checks the files; throws every problem at once.
    func desired() throws -> DesiredFile { try DesiredFile(self) }
}
