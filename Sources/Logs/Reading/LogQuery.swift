// SPDX-License-Identifier: Apache-2.0

/// Which lines to read.
public struct LogQuery: Equatable, Sendable {
    /// Where to begin.
    public enum Start: Equatable, Sendable {
        /// The oldest line that is kept, or the report that older ones were dropped.
        case beginning
        /// The last so many lines.
        case tail(Int)
        /// Where another reader stopped.
        case cursor(LogCursor)
    }

    /// Where to begin.
    public var start: Start
    /// Only what was read at or after this realtime, in nanoseconds.
    public var since: UInt64
    /// Only what was read at or before this realtime, in nanoseconds.
    public var until: UInt64
    /// A line without newline at the end of what is there is held back until its rest comes.
    ///
    /// Without this it is given as partial, as `martlet logs` shows a prompt.
    public var holdsUnfinished: Bool

    /// All lines by default.
    ///
    /// Who follows, and who sends lines on, holds unfinished ones.
    public init(
        _ start: Start = .beginning,
        since: UInt64 = 0,
        until: UInt64 = .max,
        holdsUnfinished: Bool = false
    ) {
        self.start = start
        self.since = since
        self.until = until
        self.holdsUnfinished = holdsUnfinished
    }

    func contains(_ time: UInt64) -> Bool { since <= time && time <= until }
}
