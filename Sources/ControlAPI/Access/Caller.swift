// SPDX-License-Identifier: Apache-2.0
internal import Desired

/// Who makes a request, and what they may do.
struct Caller: Sendable, Equatable {
    /// For the record: `uid 0 pid 4711`, `certificate CN=ci,OU=ops` or `token ci`.
    let name: String
    /// What they may do; nil is nothing.
    let role: APISettings.Role?
    /// Whom their streams count for; nil for who has the node anyway.
    let account: String?

    /// One who has proved nothing.
    static let unknown = Caller(name: "unknown", role: nil, account: "unknown")

    init(name: String, role: APISettings.Role?, account: String?) {
        (self.name, self.role, self.account) = (name, role, account)
    }

    /// One who has shown what they are called by.
    init(proof: String, role: APISettings.Role?) { self.init(name: proof, role: role, account: proof) }
}
