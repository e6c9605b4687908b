// SPDX-License-Identifier: Apache-2.0

/// Limits of running containers that are to be changed; what is nil stays as it is, 0 (and an empty `cpuset`) takes
/// a limit away.
public struct LimitsChange: Codable, Sendable, Equatable {
    /// `memory.max`, bytes.
    public var memory: Int64?
    /// `memory.low`, bytes.
    public var memoryReservation: Int64?
    /// Processor time, in billionths of a processor.
    public var cpuNanos: Int64?
    /// The weight under contention in the unit of version 1 of control groups: 1,024 is the usual.
    public var cpuShares: Int?
    /// The processors that they may run on, for example `0-3,6`.
    public var cpuset: String?
    /// Processes and threads.
    public var pids: Int?

    enum CodingKeys: String, CodingKey, CaseIterable {
        case memory
        case memoryReservation = "memory_reservation"
        case cpuNanos = "cpu_nanos"
        case cpuShares = "cpu_shares"
        case cpuset
        case pids
    }

    /// No change.
    public init() {}

    /// Whether nothing is to be changed.
    public var isEmpty: Bool { self == LimitsChange() }

    /// Reads one; a key that is not known is an error, for what is ignored would look done.
    public init(from decoder: any Decoder) throws {
        for key in try decoder.container(keyedBy: AnyKey.self).allKeys
        where CodingKeys(stringValue: key.stringValue) == nil {
            let known = CodingKeys.allCases.map(\.rawValue).joined(separator: ", ")
            throw DecodingError.dataCorruptedError(
                forKey: key,
                in: try decoder.container(keyedBy: AnyKey.self),
                debugDescription: "\(key.stringValue.debugDescription) is no limit: there are \(known)"
            )
        }
        let members = try decoder.container(keyedBy: CodingKeys.self)
        memory = try members.decodeIfPresent(Int64.self, forKey: .memory)
        memoryReservation = try members.decodeIfPresent(Int64.self, forKey: .memoryReservation)
        cpuNanos = try members.decodeIfPresent(Int64.self, forKey: .cpuNanos)
        cpuShares = try members.decodeIfPresent(Int.self, forKey: .cpuShares)
        cpuset = try members.decodeIfPresent(String.self, forKey: .cpuset)
        pids = try members.decodeIfPresent(Int.self, forKey: .pids)
    }

    private struct AnyKey: CodingKey {
        let stringValue: String
        var intValue: Int? { nil }
        init?(stringValue: String) { self.stringValue = stringValue }
        init?(intValue: Int) { nil }
    }
}
