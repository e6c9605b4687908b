// SPDX-License-Identifier: Apache-2.0
internal import Agent
internal import Control
internal import Linux
internal import NIOCore
internal import Synchronization

/// Archived lines as a client takes them, JSON one a line; what fails behind the first of them is the last line.
struct ArchiveLines: AsyncSequence, AsyncIteratorProtocol, Sendable {
    /// Lines of so many bytes are sent together; one may be longer.
    private static let size = 256 << 10

    private let reader: Shared

    /// One reader: the lock is never waited for.
    private final class Shared: Sendable {
        private struct State {
            var tail: ArchiveTail
            var text = LogRecordText()
        }

        private let state: Mutex<State>

        init(_ tail: ArchiveTail) { state = Mutex(State(tail: tail)) }

        /// The next lines; blocks.
        func read() throws -> ByteBuffer {
            try state.withLock { state in
                state.text.clear()
                do throws(ControlError) {
                    while state.text.bytes.count < size, let found = try state.tail.next() {
                        state.text.append(found.line, of: found.instance)
                    }
                } catch {
                    var lines = ByteBuffer(bytes: state.text.bytes)
                    lines.writeImmutableBuffer(try ControlReply.line(ControlErrorReply(error)))
                    return lines
                }
                return ByteBuffer(bytes: state.text.bytes)
            }
        }
    }

    init(_ tail: ArchiveTail) { reader = Shared(tail) }

    func makeAsyncIterator() -> ArchiveLines { self }

    mutating func next() async throws -> ByteBuffer? {
        let reader = reader
        let lines = try await Thread.run { try reader.read() }
        return lines.readableBytes > 0 ? lines : nil
    }
}
