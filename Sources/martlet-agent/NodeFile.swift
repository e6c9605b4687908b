// SPDX-License-Identifier: Apache-2.0
internal import ArgumentParser
internal import Command
internal import Desired
internal import Glibc
internal import Linux

/// The settings of the node as a file.
enum NodeFile {
    private static let usual = "/etc/martlet/node.yaml"

    /// Reads the file that is named, or the usual one if it is there; complains about each problem.
    static func read(_ path: String?) throws -> NodeSettings {
        guard let path = path ?? (access(usual, F_OK) == 0 ? usual : nil) else { return NodeSettings() }
        let bytes = try Descriptor.open(path, O_RDONLY).readAll(limit: 4 << 20)
        guard let text = String(validating: bytes, as: UTF8.self) else {
            Terminal.complain("\(path):1:1: not UTF-8 text: save it as UTF-8")
            throw ExitCode(2)
        }
        do {
            return try NodeSettings.decode(yaml: text, file: path)
        } catch {
            for problem in error.problems { Terminal.complain("\(problem)") }
            throw ExitCode(2)
        }
    }
}
