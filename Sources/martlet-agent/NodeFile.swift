// SPDX-License-Identifier: Apache-2.0
internal import Agent
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
    func settings() throws -> NodeSettings { try read().settings }

    /// The same, with the text of the file; nil for a node without one.
    func read() throws -> (settings: NodeSettings, text: String?) {
        guard let path = node ?? (access(Self.usual, F_OK) == 0 ? Self.usual : nil) else {
            return (NodeSettings(), nil)
        }
        let bytes = try Descriptor.open(path, O_RDONLY).readAll(limit: 4 << 20)
        guard let text = String(validating: bytes, as: UTF8.self) else {
            Terminal.complain("\(path):1:1: not UTF-8 text: save it as UTF-8")
            throw ExitCode(2)
        }
        return (try Self.decode(text, path), text)
    }

    /// The settings of the file; where it cannot be used, those that an agent had in force last, or else the defaults.
    ///
    /// Which it is, and why, is said.
    func settings(orLastIn folders: Folders) -> NodeSettings {
        do { return try settings() } catch {
            // Of a file that is not valid each problem was said.
            if !(error is ExitCode) { Terminal.complain("\(error)") }
        }
        do {
            if let text = try folders.keptSettings() {
                let settings = try Self.decode(text, folders.settings)
                Terminal.complain("\(folders.settings) is used instead: the settings that were in force last")
                return settings
            }
        } catch {
            if !(error is ExitCode) { Terminal.complain("\(error)") }
        }
        Terminal.complain("the defaults are used instead: no store and no sink is known")
        return NodeSettings()
    }

    private static func decode(_ text: String, _ path: String) throws -> NodeSettings {
        do { return try NodeSettings.decode(yaml: text, file: path) } catch {
            for problem in error.problems { Terminal.complain("\(problem)") }
            throw ExitCode(2)
        }
    }
}
