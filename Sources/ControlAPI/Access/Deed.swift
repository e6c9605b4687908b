// SPDX-License-Identifier: Apache-2.0
internal import Synchronization

/// What a request turned out to be about, as its action finds out.
final class Deed: Sendable {
    private let state = Mutex<(digest: String?, details: String?)>((nil, nil))

    /// The digest of what was brought, `sha256:...`.
    var digest: String? { state.withLock(\.digest) }
    /// What was asked in particular.
    var details: String? { state.withLock(\.details) }

    func note(digest: String) { state.withLock { $0.digest = digest } }

    func note(_ details: String) { state.withLock { $0.details = details } }
}
