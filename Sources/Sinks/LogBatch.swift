// SPDX-License-Identifier: Apache-2.0
public import Logs

/// Lines that are sent, confirmed and, if need be, sent again together.
public struct LogBatch: Sendable {
    /// Lines and gaps of one instance, in order.
    public struct Part: Sendable {
        /// Whose they are.
        public let origin: LogOrigin
        /// What was read, in order.
        public var events: [LogEvent]
        /// What each of them says in fields, the bytes of a JSON object; empty if lines are not parsed.
        public var structures: [[UInt8]?]

        /// Lines and gaps of one instance.
        public init(_ origin: LogOrigin, _ events: [LogEvent] = [], _ structures: [[UInt8]?] = []) {
            self.origin = origin
            self.events = events
            self.structures = structures
        }

        /// What an event says in fields, the bytes of a JSON object; nil for nothing.
        public func structure(_ index: Int) -> [UInt8]? {
            index < structures.count ? structures[index] : nil
        }
    }

    /// The parts; an instance has one at most.
    public var parts: [Part] = []
    /// How many lines and gaps there are.
    public var count = 0
    /// The bytes of all lines.
    public var bytes = 0

    /// A batch with nothing in it.
    public init() {}

    /// A batch of some parts.
    public init(_ parts: [Part]) {
        self.parts = parts
        for part in parts {
            count += part.events.count
            for case .line(let line) in part.events { bytes += line.bytes.count }
        }
    }
}

extension LogGap {
    /// What a receiver is told in the place of lines that are missing.
    public var text: String { "martlet: \(description)" }

    /// How many lines are missing.
    public var lines: UInt64 { lost.stdout.lines + lost.stderr.lines }
}
