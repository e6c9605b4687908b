// SPDX-License-Identifier: Apache-2.0
internal import Glibc
internal import Linux
internal import TestKit

/// A `volume-holder` as a child; it ends with its last reference.
final class HoldingProcess {
    private let pid: Int32
    private let output: String
    private var isOver = false

    init(_ arguments: [String], output: String, failpoint: String?) throws {
        self.output = output
        let file = try Descriptor.open(output, O_CREAT | O_TRUNC | O_WRONLY | O_APPEND, mode: 0o644)
        let environment = failpoint.map { ["/usr/bin/env", "MARTLET_FAILPOINT=\($0)"] } ?? []
        pid = try Spawn(
            environment + [".build/debug/volume-holder"] + arguments,
            descriptors: [0: try Descriptor.open("/dev/null", O_RDONLY), 1: file, 2: file]
        ).start()
    }

    deinit {
        guard !isOver else { return }
        kill(pid, SIGKILL)
        waitpid(pid, nil, 0)
    }

    /// Waits until it has stopped itself.
    func waitStopped() throws {
        var status: Int32 = 0
        guard waitpid(pid, &status, WUNTRACED) == pid, status & 0xFF == 0x7F else {
            isOver = true
            throw Shell.Failure(description: "it did not stop: \(try text())")
        }
    }

    /// Lets it go on.
    func resume() { kill(pid, SIGCONT) }

    /// The signal that ended it; 0 for none.
    func end() -> Int32 {
        var status: Int32 = 0
        waitpid(pid, &status, 0)
        isOver = true
        return status & 0x7F
    }

    /// All that it said, once it has ended by itself.
    func lines() throws -> [String] {
        guard end() == 0 else { throw Shell.Failure(description: "it was killed: \(try text())") }
        return try text().split(separator: "\n").map(String.init)
    }

    private func text() throws -> String {
        String(decoding: try Descriptor.open(output, O_RDONLY).readAll(limit: 1 << 20), as: UTF8.self)
    }
}
