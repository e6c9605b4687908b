// SPDX-License-Identifier: Apache-2.0

/// Which program answers.
public struct VersionReply: Codable, Sendable, Equatable {
    /// The version of this code.
    public static let current = "0.2.0"

    /// The agent's version.
    public var version: String
    /// The version of the API.
    public var api: Int
    /// The newest format of desired states that is understood.
    public var format: Int

    /// A version.
    public init(version: String = Self.current, api: Int = 1, format: Int) {
        self.version = version
        self.api = api
        self.format = format
    }
}
