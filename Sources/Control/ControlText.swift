// SPDX-License-Identifier: Apache-2.0

/// An answer in lines that are read by whoever asked: all that have come, as soon as they have.
public struct ControlText: AsyncSequence {
    private let answer: ControlAnswer

    init(_ answer: ControlAnswer) { self.answer = answer }

    /// Begins where the answer is; an answer can be read once.
    public func makeAsyncIterator() -> Iterator { Iterator(answer: answer) }

    /// Reads some lines at a time.
    public struct Iterator: AsyncIteratorProtocol {
        private var answer: ControlAnswer
        private var splitter = LineSplitter(limit: ControlAnswer.lineLimit)

        init(answer: ControlAnswer) { self.answer = answer }

        /// Whole lines, each with its end but perhaps the very last; nil at the end.
        public mutating func next() async throws(ControlError) -> [UInt8]? {
            while let bytes = try await answer.next() {
                splitter.append(bytes)
                if let lines = try splitter.lines() { return lines }
            }
            return try splitter.rest()
        }

        /// Whole lines, on the caller's actor; nil at the end.
        public mutating func next(isolation actor: isolated (any Actor)?) async throws(ControlError)
            -> [UInt8]?
        {
            try await next()
        }
    }
}
