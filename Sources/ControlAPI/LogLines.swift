// SPDX-License-Identifier: Apache-2.0
internal import Agent
internal import Control
internal import Glibc
internal import Linux
internal import Synchronization

/// Log lines as a client takes them: each is read from disk when it is asked for.
struct LogLines: AsyncSequence, AsyncIteratorProtocol, Sendable {
    /// So many are read at a time.
    private static let batch = 256

    private let tail: Shared
    private let follows: Bool
    private var read: ArraySlice<LogRecord> = []

    /// One reader: the lock is never waited for.
    private final class Shared: Sendable {
        let tail: Mutex<LogTail>

        init(_ tail: sending LogTail) { self.tail = Mutex(tail) }
    }

    init(_ tail: sending LogTail, follows: Bool) {
        self.tail = Shared(tail)
        self.follows = follows
    }

    func makeAsyncIterator() -> LogLines { self }

    mutating func next() async throws -> LogRecord? {
        while read.isEmpty {
            let tail = tail
            let found = try await Thread.run { try tail.tail.withLock { try Self.some(&$0) } }
            read = found[...]
            guard read.isEmpty else { break }
            guard follows else { return nil }
            try await Task.sleep(for: .milliseconds(100))
            try await Thread.run { try tail.tail.withLock { try $0.discover() } }
        }
        return read.popFirst()
    }

    private static func some(_ tail: inout LogTail) throws -> [LogRecord] {
        var records: [LogRecord] = []
        while records.count < batch, let item = try tail.next() {
            if case .line(let record) = item { records.append(record) }  // programs see gaps by `seq`
        }
        return records
    }
}
