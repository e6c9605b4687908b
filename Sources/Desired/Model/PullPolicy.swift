// SPDX-License-Identifier: Apache-2.0

/// Whether an image may be fetched.
public enum PullPolicy: String, Sendable, Equatable {
    /// It must be on the node already.
    case never
    /// It is fetched when the node does not have it.
    case missing
}
