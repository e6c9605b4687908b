// SPDX-License-Identifier: Apache-2.0

/// How an image wants its health asked for (Docker's extension of the configuration).
///
/// A nil field is not set.
public struct ImageHealthcheck: Hashable, Sendable {
    /// `NONE`, `CMD` and arguments, or `CMD-SHELL` and a line; empty inherits.
    public let test: [String]
    /// From one check to the next.
    public let interval: Duration?
    /// How long one check may take.
    public let timeout: Duration?
    /// How long failures do not count after the start.
    public let startPeriod: Duration?
    /// From one check to the next during the start period.
    public let startInterval: Duration?
    /// Failures in a row until it is unhealthy.
    public let retries: Int?

    init(_ fields: Fields) {
        func duration(_ nanoseconds: Int64?) -> Duration? {
            nanoseconds.flatMap { $0 > 0 ? .nanoseconds($0) : nil }
        }
        test = fields.Test ?? []
        interval = duration(fields.Interval)
        timeout = duration(fields.Timeout)
        startPeriod = duration(fields.StartPeriod)
        startInterval = duration(fields.StartInterval)
        retries = fields.Retries.flatMap { $0 > 0 ? $0 : nil }
    }

    // Named as in the document; times are nanoseconds.
    struct Fields: Decodable {
        var Test: [String]?
        var Interval: Int64?
        var Timeout: Int64?
        var StartPeriod: Int64?
        var StartInterval: Int64?
        var Retries: Int?
    }
}
