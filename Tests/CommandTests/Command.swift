// SPDX-License-Identifier: Apache-2.0
internal import Control
internal import FoundationEssentials
internal import Glibc
internal import TestKit

/// `martlet` as a process of its own, its three streams apart.
struct Command {
    static let program = ".build/debug/martlet"

    let code: Int32
    let output: String
    let complaint: String

    /// Runs a verb against an agent to its end.
    init(_ arguments: [String], _ agent: FakeAgent? = nil, input: String = "", environment: String = "")
        throws
    {
        let folder = "/var/tmp/martlet-test-\(getpid())-command-\(UInt32.random(in: 0...UInt32.max))"
        try Shell.run("mkdir \(folder)")
        defer { _ = try? Shell.run("rm -rf \(folder)") }
        let words = arguments.map { "'\($0)'" }.joined(separator: " ")
        let runtime = agent?.runtime ?? "\(folder)/none"
        let text = try Shell.run(
            "printf %s '\(input)' | env MARTLET_RUNTIME_DIR=\(runtime) MARTLET_STATE_DIR=\(folder)/state \(environment)"
                + " timeout 60 \(Self.program) \(words) >\(folder)/out 2>\(folder)/err; echo $?"
        )
        code = Int32(text.prefix { $0.isNumber }) ?? -1
        output = try Shell.run("cat \(folder)/out")
        complaint = try Shell.run("cat \(folder)/err")
    }
}

/// A value as the agent writes it.
func json(_ value: some Encodable) throws -> String {
    String(decoding: try JSONEncoder().encode(value), as: UTF8.self)
}

/// What an agent answers to `PUT`, `DELETE` and the like, one value a line.
func lines(_ values: [some Encodable]) throws -> String { try values.map { try json($0) + "\n" }.joined() }
