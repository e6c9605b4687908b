// SPDX-License-Identifier: Apache-2.0

/// Whether a container's user and group ids are mapped.
public enum UserNamespace: String, Sendable, Equatable {
    /// 65,536 ids of the node's range, for this instance alone.
    case auto
    /// The host's own ids, where the node's policy allows it.
    case host
}
