// SPDX-License-Identifier: Apache-2.0

/// A GET request, and which answers to it are good.
public struct HTTPRequest: Equatable, Sendable {
    /// The path with its query, from the slash on; printable ASCII without spaces.
    public var path: String
    /// The good status codes.
    public var statuses: [ClosedRange<Int>]
    /// The `Host` field; nil means `localhost` with the port.
    public var host: String?
    /// Further fields, without line ends.
    public var headers: [String: String]

    /// A request.
    public init(
        path: String,
        statuses: [ClosedRange<Int>],
        host: String? = nil,
        headers: [String: String] = [:]
    ) {
        self.path = path
        self.statuses = statuses
        self.host = host
        self.headers = headers
    }
}
