// SPDX-License-Identifier: Apache-2.0
internal import ArgumentParser
internal import Desired
internal import Glibc
internal import Linux

/// A desired-state file named on the command line.
struct DesiredFile {
    let app: App

    /// Reads and checks it.
    ///
    /// An invalid file ends the command with code 2, each problem on a line of its own.
    init(_ path: String) throws {
        let file = try Descriptor.open(path, O_RDONLY)
        let bytes = try file.readAll(limit: 4 << 20)
        guard let text = String(validating: bytes, as: UTF8.self) else {
            Terminal.complain("\(path):1:1: not UTF-8 text: save it as UTF-8")
            throw ExitCode(2)
        }
        guard let resolved = realpath(path, nil) else { throw LinuxError("realpath", path, errno: errno) }
        defer { free(resolved) }
        let folder = String(cString: resolved).split(separator: "/").dropLast().joined(separator: "/")
        do {
            app = try App.decode(
                yaml: text,
                file: path,
                directory: "/" + folder,
                environment: Self.environment()
            )
        } catch {
            for problem in error.problems { Terminal.complain("\(problem)") }
            throw ExitCode(2)
        }
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
