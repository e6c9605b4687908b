// SPDX-License-Identifier: Apache-2.0
internal import ArgumentParser
internal import Command
internal import Desired
internal import Glibc
internal import Linux

/// The settings of the node, which the agent and the verbs that work without it read alike.
struct NodeFile: ParsableArguments {
    private static let usual = "/etc/martlet/node.yaml"

    @Option(help: "The node's settings; read if it is there. [/etc/martlet/node.yaml]")
    var node: String?

    /// Reads and checks the file; a node without one has the defaults.
    func settings() throws -> NodeSettings {
        guard let path = node ?? (access(Self.usual, F_OK) == 0 ? Self.usual : nil) else {
            return NodeSettings()
        }
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
