// SPDX-License-Identifier: Apache-2.0

/// What becomes of the lines of a service (`x-martlet.logs`).
///
/// All of it changes while containers run.
public struct LogSettings: Codable, Sendable, Equatable {
    /// What a line is made of, for sinks that carry fields.
    public enum Format: String, Codable, Sendable, CaseIterable {
        /// Text.
        case none
        /// A JSON object.
        case json
        /// `key=value` words.
        case logfmt
    }

    /// Which lines belong together.
    public struct Multiline: Codable, Sendable, Equatable {
        /// A line that matches begins an entry; those that follow and do not, belong to it.
        public var start: String
        /// How long the next line is waited for.
        public var timeout: Duration
        /// So many lines an entry has at most.
        public var mostLines: Int

        /// Entries that begin with a line like this.
        public init(start: String, timeout: Duration = .seconds(1), mostLines: Int = 500) {
            self.start = start
            self.timeout = timeout
            self.mostLines = mostLines
        }
    }

    /// How much may come in a second, of both streams together.
    public struct RateLimit: Codable, Sendable, Equatable {
        /// Lines a second; nil is any number.
        public var lines: Int?
        /// Bytes a second; nil is any number.
        public var bytes: Int64?
        /// So long the limit may be saved up.
        public var burst: Duration

        /// A limit.
        public init(lines: Int? = nil, bytes: Int64? = nil, burst: Duration = .seconds(1)) {
            self.lines = lines
            self.bytes = bytes
            self.burst = burst
        }
    }

    /// What happens to lines when the spool is full of what sinks have not taken yet.
    public enum OnFull: String, Codable, Sendable, CaseIterable {
        /// The oldest go, taken or not.
        case dropOldest = "drop_oldest"
        /// The new ones are left out until there is room.
        case dropNew = "drop_new"
        /// The container waits.
        case block
    }

    /// What the spool of each container holds.
    public struct Keep: Codable, Sendable, Equatable {
        /// Bytes on disk; nil is the node's measure.
        public var size: ByteCount?
        /// How old a line may become; nil is any age.
        public var age: Duration?

        /// A bound, none by default.
        public init(size: ByteCount? = nil, age: Duration? = nil) {
            self.size = size
            self.age = age
        }
    }

    /// What a line is made of.
    public var format = Format.none
    /// Which lines belong together; nil for each its own.
    public var multiline: Multiline?
    /// Expressions for what no line may show, in order.
    public var redact: [String] = []
    /// One of so many lines is kept, equal ones alike; what looks like an error always is.
    public var sample = 1
    /// How much may come; nil is any amount.
    public var rateLimit: RateLimit?
    /// What every line carries, for sinks that carry fields.
    public var fields: [String: String] = [:]
    /// The sinks of the node that get the lines, ordered; nil is all of them.
    public var sinks: [String]?
    /// What happens when the spool is full.
    public var onFull = OnFull.dropOldest
    /// What the spool holds.
    public var keep = Keep()

    /// Lines as they come, to all sinks.
    public init() {}

    /// What the spool holds where these are the sinks of the node: the most of what the service and its sinks want.
    public func keep(for all: [SinkSettings]) -> Keep {
        let wanted = all.filter { sinks?.contains($0.name) ?? true }.map(\.keep) + [keep]
        return Keep(
            size: wanted.compactMap(\.size).max(),
            age: wanted.compactMap(\.age).max()
        )
    }
}
