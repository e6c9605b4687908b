// SPDX-License-Identifier: Apache-2.0
internal import Desired
internal import Hummingbird

/// A method and a path of the API, who may use it, and what it does.
struct Route: Sendable {
    typealias Action = @Sendable (ControlServer, Request, ControlContext) async throws -> Response

    let method: HTTPRequest.Method
    /// As in the specification: `/v1/apps/{app}`.
    let path: String
    /// The least that a caller must be; nil asks nothing, or leaves it to the action.
    let role: APISettings.Role?
    let action: Action
    /// Whether its answer may go on and on.
    let isStream: Bool

    init(
        _ method: HTTPRequest.Method,
        _ path: String,
        _ role: APISettings.Role?,
        isStream: Bool = false,
        _ action: @escaping Action
    ) {
        self.method = method
        self.path = path
        self.role = role
        self.action = action
        self.isStream = isStream
    }

    /// `GET /v1/apps/{app}`.
    var name: String { "\(method.rawValue) \(path)" }

    /// Whether what becomes of it goes on record: whatever is more than to be told.
    var isAudited: Bool { method != .get && role != nil }

    /// Everything that there is.
    static let all = node + release + streams + apps + plans + generations + hands + jobs + volumes + access
}
