// SPDX-License-Identifier: Apache-2.0
internal import Glibc
internal import TestKit
internal import Testing

/// What a verb pays for at its start.
@Suite struct StartTests {
    @Test func `a verb loads none of the agent's libraries`() throws {
        let loaded = try Shell.run("ldd \(Command.program)")
        #expect(loaded.contains("libc.so.6"))
        for library in ["libsqlite3", "libarchive", "libnftables", "libseccomp", "libxml2", "libcurl"] {
            #expect(!loaded.contains(library), "\(loaded)")
        }
    }

    @Test(arguments: [
        ["agent", "--help"], ["help", "agent"], ["run", "--help"], ["image", "ls", "--help"],
    ])
    func `a verb of the node is the agent's program's, its help too`(words: [String]) throws {
        let verb = words.first { $0 != "help" } ?? ""
        let help = try Shell.run("\(Command.program) \(words.joined(separator: " "))")
        #expect(help.contains("USAGE: martlet \(verb)"), "\(help)")
        #expect(help.contains("--state-dir"), "\(help)")
    }

    @Test func `where the agent's program is missing, it says where it belongs`() throws {
        let folder = "/var/tmp/martlet-test-\(getpid())-\(UInt32.random(in: 0 ... .max))"
        defer { _ = try? Shell.run("rm -rf \(folder)") }
        let output = try Shell.run(
            """
            mkdir \(folder) && cp \(Command.program) \(folder)/martlet && cd \(folder) &&
            LD_LIBRARY_PATH=$(dirname $(ldd \(Command.program) | awk '/libswiftCore/ { print $3 }')) \
            ./martlet image ls 2>&1; echo "exit $?"
            """
        )
        #expect(output.contains("martlet: martlet-agent: exec"), "\(output)")
        #expect(output.contains("installed beside martlet") && output.contains("exit 1"), "\(output)")
    }
}
