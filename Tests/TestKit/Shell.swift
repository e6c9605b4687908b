// SPDX-License-Identifier: Apache-2.0
internal import Glibc
internal import Linux

/// Shell commands for what a test sets up or looks at from outside.
public enum Shell {
    /// A command that failed: its text, exit code and output.
    public struct Failure: Error, CustomStringConvertible {
        /// The command, its exit code and its output.
        public let description: String

        /// Describes a failure.
        public init(description: String) { self.description = description }
    }

    /// Runs a command with `/bin/sh -c`; its standard output and error.
    ///
    /// Throws when it fails.
    @discardableResult
    public static func run(_ command: String) throws -> String {
        guard let pipe = popen("( \(command)\n) 2>&1", "re") else {
            throw Failure(description: "popen: \(errno)")
        }
        var output: [UInt8] = []
        var buffer = [UInt8](repeating: 0, count: 65_536)
        while true {
            let count = fread(&buffer, 1, buffer.count, pipe)
            if count == 0 { break }
            output += buffer.prefix(count)
        }
        let status = pclose(pipe)
        let text = String(decoding: output, as: UTF8.self)
        guard status == 0 else { throw Failure(description: "\(command): exit \(status >> 8): \(text)") }
        return text
    }
}
