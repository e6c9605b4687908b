// SPDX-License-Identifier: Apache-2.0
internal import Control
package import Desired
internal import Glibc

/// The files that a desired state is read from, and how they are read.
package struct ProjectFiles: Sendable {
    /// The first, and what is merged over it.
    package let files: [String]
    /// The profiles to activate, besides those that the environment names.
    package var profiles: [String] = []
    /// What relative paths start from; nil for the directory of the first file.
    package var directory: String?
    /// The app's name; nil to take it from the environment, the file or its directory.
    package var name: String?

    package init(_ files: [String]) { self.files = files }

    /// The one argument, if it is the ID of a plan and not the name of a file.
    package var planID: String? {
        guard files.count == 1, let word = files.first, word.utf8.count == 16,
            word.utf8.allSatisfy({ (0x30...0x39).contains($0) || (0x61...0x66).contains($0) }),
            access(word, F_OK) < 0
        else { return nil }
        return word
    }

    /// Reads the files; throws every problem at once.
    package func desired() throws -> DesiredFile { try DesiredFile(try project(), file: files[0]) }

    /// What the files say together, whether or not this node can do it.
    package func project() throws -> Project {
        let sources = try SourceFiles.disk()
        let project: Project
        do throws(Report) {
            project = try Project.load(
                files: files,
                directory: directory,
                name: name,
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
            if let split = strchr(pointer, Int32(UInt8(ascii: "="))) {
                let name = UnsafeRawBufferPointer(start: pointer, count: split - pointer)
                values[String(decoding: name, as: UTF8.self)] = String(cString: split + 1)
            }
            entry += 1
        }
        return values
    }
}
