// SPDX-License-Identifier: Apache-2.0

/// What a transfer may cost; beyond it the transfer fails.
public struct TransferLimits: Sendable, Hashable {
    /// Until there is a connection, TLS included.
    public var connect: Duration = .seconds(15)
    /// Until everything is over; nil does not end it: `slowest` still does.
    public var total: Duration?
    /// Bytes a second, over `patience`; a reader that is slow itself does not count.
    public var slowest = 1024
    /// How long it may be slower than `slowest`.
    public var patience: Duration = .seconds(30)
    /// Bytes of the answer's head.
    public var head = 64 << 10
    /// Bytes of the answer's body.
    public var body: Int64 = .max

    /// The usual limits.
    public init() {}

    /// Limits for an answer that is small.
    public static func small(_ body: Int64, within total: Duration = .seconds(60)) -> TransferLimits {
        var limits = TransferLimits()
        limits.body = body
        limits.total = total
        return limits
    }
}
