// SPDX-License-Identifier: Apache-2.0

/// A release that was tried and left again.
public struct FailedRelease: Codable, Equatable, Sendable {
    /// What was tried.
    public let release: Release
    /// Why it was left.
    public let reason: String
    /// When, in seconds since 1970.
    public let time: Int64
    /// Whether it is among the events already.
    public var isTold = false

    /// A release that failed.
    public init(_ release: Release, _ reason: String, time: Int64) {
        self.release = release
        self.reason = reason
        self.time = time
    }
}
