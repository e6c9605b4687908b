// SPDX-License-Identifier: Apache-2.0

/// A place to go on reading from, without repeating or leaving out a line; small enough to be made durable.
public struct LogCursor: Equatable, Sendable {
    /// A place in one stream.
    public struct Place: Equatable, Sendable {
        /// The first sequence number that was not read.
        public var next: UInt64
        /// Everything of the stream before it, so that what is dropped meanwhile can be counted exactly.
        public var passed: LineCount
        /// What was told of it that was left out; nil if that is not known, and then only what comes anew is told.
        public var omitted: Omissions?

        /// A place in one stream.
        public init(next: UInt64, passed: LineCount, omitted: Omissions? = nil) {
            self.next = next
            self.passed = passed
            self.omitted = omitted
        }
    }

    /// The places in both streams.
    public var places: PerStream<Place>

    /// A place in both streams.
    public init(places: PerStream<Place>) { self.places = places }

    /// Before the first line that was ever written.
    public static let beginning = LogCursor(
        places: PerStream(both: Place(next: 0, passed: LineCount(), omitted: Omissions()))
    )
}
