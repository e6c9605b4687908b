// SPDX-License-Identifier: Apache-2.0

/// A line that is read as the agent writes it where that can be: to start the decoder takes longer than most answers.
protocol PlainLine: Decodable {
    /// Reads a line without its end; nil if it is written in any other way, for the decoder.
    init?(plain bytes: UnsafeRawBufferPointer)
}

/// The values of an answer in lines, each as soon as its line is whole.
public struct ControlLines<Line: Decodable & Sendable>: AsyncSequence {
    private let answer: ControlAnswer

    init(_ answer: ControlAnswer) { self.answer = answer }

    /// Begins where the answer is; an answer can be read once.
    public func makeAsyncIterator() -> Iterator { Iterator(answer: answer) }

    /// Reads line by line.
    public struct Iterator: AsyncIteratorProtocol {
        private var answer: ControlAnswer
        private var splitter = LineSplitter(limit: ControlAnswer.lineLimit)

        init(answer: ControlAnswer) { self.answer = answer }

        /// The value of the next line; nil at the end.
        public mutating func next() async throws(ControlError) -> Line? {
            while true {
                if let line = try splitter.next() { return try Self.value(of: line) }
                guard let bytes = try await answer.next() else { break }
                splitter.append(bytes)
            }
            return try splitter.rest().map { line throws(ControlError) in try Self.value(of: line) }
        }

        private static func value(of line: [UInt8]) throws(ControlError) -> Line {
            if let type = Line.self as? any PlainLine.Type,
                let value = line.withUnsafeBytes({ type.init(plain: $0) }) as? Line
            {
                return value
            }
            return try line.decoded(Line.self)
        }

        /// The value of the next line, on the caller's actor; nil at the end.
        public mutating func next(isolation actor: isolated (any Actor)?) async throws(ControlError) -> Line?
        {
            try await next()
        }
    }
}
