// SPDX-License-Identifier: Apache-2.0
package import ArgumentParser
internal import Control
package import Desired
internal import Glibc

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

    /// The one argument, if it is the ID of a plan and not the name of a file.
    package var planID: String? {
        guard files.count == 1, let word = files.first, word.utf8.count == 16,
            word.utf8.allSatisfy({ (0x30...0x39).contains($0) || (0x61...0x66).contains($0) }),
            access(word, F_OK) < 0
        else { return nil }
        return word
    }

    /// Reads and checks the files; throws every problem at once.
    package func desired() throws -> DesiredFile { try DesiredFile(try project(), file: files[0]) }

    /// What the files say together, whether or not this node can do it.
    package func project() throws -> Project {
        let sources = try SourceFiles.disk()
        let project: Project
        do throws(Report) {
            project = try Project.load(
                files: files,
                directory: projectDirectory,
                name: projectName,
                environment: Self.environment(),
                profiles: Set(profiles),
                sources: sources
            )
        } catch {
            throw ControlError(error, of: files[0])
        }
        for warning in project.warnings { Terminal.complain("\(warning)") }
        return project
    }

    private static func environment() -> [String: String] {
        var values: [String: String] = [:]
        var entry = environ
        while let pointer = entry.pointee {
            let text = String(cString: pointer)
            if let split = text.firstIndex(of: "=") {
                values[String(text[..<split])] = String(text[text.index(after: split)...])
            }
            entry += 1
        }
        return values
    }
}
