// SPDX-License-Identifier: Apache-2.0
internal import Synchronization

/// The scopes that containers are in, by their ids.
final class ScopeTable: Sendable {
    private let scopes = Mutex<[String: SystemdScope]>([:])

    subscript(id: String) -> SystemdScope? {
        get { scopes.withLock { $0[id] } }
        set { scopes.withLock { $0[id] = newValue } }
    }
}
