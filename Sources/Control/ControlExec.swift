// SPDX-License-Identifier: Apache-2.0

/// A command in a container: one task may send its input while another reads what it writes.
public final class ControlExec: Sendable {
    private let connection: ControlConnection

    init(_ connection: ControlConnection) { self.connection = connection }

    /// Sends standard input and waits until the kernel took it.
    public func send(_ input: [UInt8]) async throws(ControlError) { try await connection.send(input) }

    /// Ends standard input.
    public func endInput() async throws(ControlError) { try await connection.send(nil) }

    /// What the command writes and how it ends, in order; an answer can be read once.
    public func frames() async throws(ControlError) -> Frames {
        let answer = try await ControlAnswer(connection)
        connection.liftLimit()
        return Frames(answer: answer)
    }

    /// Reads frame by frame.
    public struct Frames {
        private var answer: ControlAnswer
        private var splitter = FrameSplitter()

        init(answer: ControlAnswer) { self.answer = answer }

        /// The next frame; nil at the end.
        public mutating func next() async throws(ControlError) -> ExecFrame? {
            while true {
                if let frame = try splitter.next() { return frame }
                guard let bytes = try await answer.next() else { break }
                splitter.append(bytes)
            }
            guard splitter.isEmpty else {
                throw ControlError(.failed, "agent", "its answer ends within a frame")
            }
            return nil
        }
    }
}
