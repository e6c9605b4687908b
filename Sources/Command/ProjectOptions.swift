// SPDX-License-Identifier: Apache-2.0
package import ArgumentParser

/// Which files a desired state is read from, and how.
package struct ProjectOptions: ParsableArguments {
    @Option(
        name: .customLong("profile"),
        help: "A profile to activate, * for all; may be given again. [COMPOSE_PROFILES]"
    )
    package var profiles: [String] = []

    @Option(help: "The directory that relative paths start from. [that of the first file]")
    package var projectDirectory: String?

    @Option(
        name: .shortAndLong,
        help: "The app's name. [COMPOSE_PROJECT_NAME, 'name' in the file, its directory]"
    )
    package var projectName: String?

    @Argument(help: "The desired-state file; what later files say is merged over it.", completion: .file())
    package var files: [String]

    package init() {}

    /// The same without what reads a command line.
    package var named: ProjectFiles {
        var named = ProjectFiles(files)
        (named.profiles, named.directory, named.name) = (profiles, projectDirectory, projectName)
        return named
    }
}
