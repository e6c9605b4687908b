// SPDX-License-Identifier: Apache-2.0
internal import Glibc
internal import Linux
internal import Synchronization

/// A program as a child in a process group of its own, its output in a file.
public final class ForegroundRun: Sendable {
    /// What a test waited for and did not come, with all that the program had written.
    public struct Failure: Error, CustomStringConvertible {
        /// What was waited for, and the output so far.
        public let description: String
    }

    /// How long anything may take; no test is decided by it.
    public static let patience = Duration.seconds(90)

    /// The pid of the program.
    public let pid: Int32
    private let file: String
    private let status = Mutex<Int32?>(nil)

    /// Starts a program; standard output and error go to `file`.
    public init(_ arguments: [String], output file: String) throws {
        self.file = file
        let output = try Descriptor.open(file, O_CREAT | O_TRUNC | O_WRONLY | O_APPEND, mode: 0o600)
        var child = Spawn(arguments)
        child.descriptors = [0: try Descriptor.open("/dev/null", O_RDONLY), 1: output, 2: output]
        child.leadsGroup = true
        pid = try child.start()
    }

    deinit { kill() }

    /// All that it has written so far.
    public func output() throws -> String {
        String(decoding: try Descriptor.open(file, O_RDONLY).readAll(limit: 256 << 20), as: UTF8.self)
    }

    /// The output for a failed expectation's comment.
    public var shown: String { (try? output()) ?? "no output" }

    /// Waits until the output holds `text` so many times.
    ///
    /// Throws when the program ended without.
    public func wait(for text: String, times: Int = 1) async throws {
        try await wait(until: "\(times) times '\(text)'") { $0.count(of: text) >= times }
    }

    /// Waits until the output meets a condition.
    ///
    /// Throws when the program ended without.
    public func wait(until what: String, _ condition: (String) -> Bool) async throws {
        let deadline = ContinuousClock.now + Self.patience
        while true {
            let ended = poll() != nil  // looked at first: what it wrote last counts
            if condition(try output()) { return }
            guard !ended, ContinuousClock.now < deadline else {
                throw Failure(
                    description: "no \(what) from pid \(pid)\(ended ? ", which ended" : ""):\n\(try output())"
                )
            }
            try await Task.sleep(for: .milliseconds(20))
        }
    }

    /// SIGINT, as Ctrl-C sends it.
    public func interrupt() { _ = Glibc.kill(-pid, SIGINT) }

    /// SIGKILL to the program itself, and waits for its end.
    public func kill() {
        status.withLock { status in
            guard status == nil else { return }
            var word: Int32 = 0
            _ = Glibc.kill(pid, SIGKILL)
            while waitpid(pid, &word, 0) < 0 && errno == EINTR {}
            status = Self.code(word)
        }
    }

    /// Whether it has ended.
    public var isOver: Bool { poll() != nil }

    /// Waits for its end: the exit code, or 128 plus the signal.
    public func exit() async throws -> Int32 {
        let deadline = ContinuousClock.now + Self.patience
        while true {
            if let code = poll() { return code }
            guard ContinuousClock.now < deadline else {
                throw Failure(description: "pid \(pid) does not end:\n\(try output())")
            }
            try await Task.sleep(for: .milliseconds(20))
        }
    }

    private func poll() -> Int32? {
        status.withLock { status in
            var word: Int32 = 0
            if status == nil, waitpid(pid, &word, WNOHANG) == pid { status = Self.code(word) }
            return status
        }
    }

    private static func code(_ word: Int32) -> Int32 {
        word & 0x7f == 0 ? word >> 8 & 0xff : 128 + word & 0x7f
    }
}

extension String {
    /// How often a text occurs.
    public func count(of text: String) -> Int {
        var found = 0
        var rest = self[...]
        while let range = rest.firstRange(of: text) {
            found += 1
            rest = rest[range.upperBound...]
        }
        return found
    }
}
