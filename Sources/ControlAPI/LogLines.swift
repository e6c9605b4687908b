// SPDX-License-Identifier: Apache-2.0
internal import Agent
internal import Control
internal import Glibc
internal import Linux
internal import Logs
internal import NIOCore
internal import Synchronization

/// Log lines as a client takes them, JSON one a line: so many are read from disk as are sent together.
struct LogLines: AsyncSequence, AsyncIteratorProtocol, Sendable {
    /// Lines of so many bytes are sent together; one may be longer.
    private static let size = 256 << 10

    private let reader: Shared
    private let follows: Bool

    /// One reader: the lock is never waited for.
    private final class Shared: Sendable {
        private struct State {
            var tail: LogTail
            var text = LogRecordText()
        }

        private let state: Mutex<State>

        init(_ tail: sending LogTail) { state = Mutex(State(tail: tail)) }

        /// The lines that are there; blocks.
        func read() throws -> ByteBuffer {
            try state.withLock { state in
                state.text.clear()
                while state.text.bytes.count < size,
                    let run = try state.tail.next(bytes: size - state.text.bytes.count)
                {
                    // Programs see gaps by `seq`.
                    for case .line(let line) in run.events { state.text.append(line, of: run.instance) }
                }
                return ByteBuffer(bytes: state.text.bytes)
            }
        }

        func discover() throws { try state.withLock { try $0.tail.discover() } }
    }

    init(_ tail: sending LogTail, follows: Bool) {
        reader = Shared(tail)
        self.follows = follows
    }

    func makeAsyncIterator() -> LogLines { self }

    mutating func next() async throws -> ByteBuffer? {
        let reader = reader
        while true {
            let lines = try await Thread.run { try reader.read() }
            if lines.readableBytes > 0 { return lines }
            guard follows else { return nil }
            try await Task.sleep(for: .milliseconds(100))
            try await Thread.run { try reader.discover() }
        }
    }
}
