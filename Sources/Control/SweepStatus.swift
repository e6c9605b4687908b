// SPDX-License-Identifier: Apache-2.0

/// What sweeps of one store came to: one of them, or all since the agent began.
public struct SweepStatus: Codable, Sendable, Equatable {
    /// The store, as `node.yaml` calls it.
    public var store: String
    /// How many sweeps that were.
    public var sweeps = 0
    /// How many could not be ended.
    public var failures = 0
    /// Versions that were given up.
    public var versions = 0
    /// Records of versions that were deleted.
    public var records = 0
    /// Packs that are in no version any more: they are deleted a day later.
    public var marked = 0
    /// Packs that were deleted.
    public var packs = 0
    /// Their bytes.
    public var bytes: Int64 = 0
    /// When the last one ended, RFC 3339 in UTC; nil for none.
    public var sweptAt: String?
    /// How long ago that is; nil for none.
    public var ageSeconds: Double?

    enum CodingKeys: String, CodingKey {
        case store, sweeps, failures, versions, records, marked, packs, bytes
        case sweptAt = "swept_at"
        case ageSeconds = "age_seconds"
    }

    /// None yet.
    public init(store: String) { self.store = store }

    /// Both together.
    public static func + (one: SweepStatus, other: SweepStatus) -> SweepStatus {
        var sum = one
        sum.sweeps += other.sweeps
        sum.failures += other.failures
        sum.versions += other.versions
        sum.records += other.records
        sum.marked += other.marked
        sum.packs += other.packs
        sum.bytes += other.bytes
        sum.sweptAt = other.sweptAt ?? one.sweptAt
        return sum
    }
}
