// SPDX-License-Identifier: Apache-2.0

/// How long to wait before a receiver that failed is tried again: twice as long each time, and by chance shorter, so
/// that a fleet does not come back all at once.
struct SinkBackoff {
    private static let shortest = Duration.milliseconds(100)
    private static let longest = Duration.seconds(10)
    private var limit = shortest

    mutating func next() -> Duration {
        defer { limit = min(limit * 2, Self.longest) }
        return limit / 2 + limit / 2 * Double.random(in: 0...1)
    }

    mutating func reset() { limit = Self.shortest }
}
