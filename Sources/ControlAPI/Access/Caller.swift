// SPDX-License-Identifier: Apache-2.0
internal import Desired

/// Who makes a request, and what they may do.
struct Caller: Sendable, Equatable {
    /// For the record: `uid 0 pid 4711`, `certificate CN=ci,OU=ops` or `token ci`.
    let name: String
    /// What they may do; nil is nothing.
    let role: APISettings.Role?

    /// One who has proved nothing.
    static let unknown = Caller(name: "unknown", role: nil)
}
