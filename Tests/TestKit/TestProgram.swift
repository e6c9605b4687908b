// SPDX-License-Identifier: Apache-2.0
internal import Glibc
internal import Linux
internal import Synchronization

/// A server of a package as a child; it ends with its last reference.
public final class TestProgram: Sendable {
    private let pid: Int32
    private let isOver = Atomic(false)

    /// Starts a program with its output in a file, and waits until it listens on a port of 127.0.0.1.
    ///
    /// Throws with its output if it does not; one that is killed meanwhile did, for somebody.
    public init(_ arguments: [String], log: String, port: UInt16) throws {
        let output = try Descriptor.open(log, O_CREAT | O_TRUNC | O_WRONLY | O_APPEND, mode: 0o644)
        pid = try Spawn(
            arguments,
            descriptors: [0: try Descriptor.open("/dev/null", O_RDONLY), 1: output, 2: output]
        ).start()
        for _ in 0..<1200 {
            if (try? LoopbackServer.connect(to: port)) != nil { return }
            var status: Int32 = 0
            guard waitpid(pid, &status, WNOHANG) == 0 else {
                isOver.store(true, ordering: .relaxed)
                if status & 0x7f == SIGKILL { return }
                break
            }
            usleep(50_000)
        }
        let text = String(decoding: try Descriptor.open(log, O_RDONLY).readAll(limit: 1 << 20), as: UTF8.self)
        end()
        throw Shell.Failure(description: "\(arguments): does not listen on \(port): \(text)")
    }

    deinit { end() }

    /// Ends it now.
    public func end() {
        guard !isOver.exchange(true, ordering: .relaxed) else { return }
        kill(pid, SIGKILL)
        waitpid(pid, nil, 0)
    }
}
