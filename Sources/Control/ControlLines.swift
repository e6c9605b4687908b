// SPDX-License-Identifier: Apache-2.0
internal import NIOCore

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
                if let line = try splitter.next() { return try line.decoded(Line.self) }
                guard let bytes = try await answer.next() else { break }
                splitter.append(bytes)
            }
            return try splitter.rest()?.decoded(Line.self)
        }

        /// The value of the next line, on the caller's actor; nil at the end.
        public mutating func next(isolation actor: isolated (any Actor)?) async throws(ControlError) -> Line?
        {
            try await next()
        }
    }
}
