// SPDX-License-Identifier: Apache-2.0

/// What happens when a spool is full of what its sinks have not taken yet.
public enum SpoolPolicy: String, CaseIterable, Sendable {
    /// The oldest segment goes, taken or not.
    case dropOldest
    /// New lines are left out, and counted, until there is room.
    case dropNew
    /// Nothing more is taken from the container until there is room.
    case block
}

/// The spool has no room and its policy is `block`: the same batch is to be given again.
struct SpoolFull: Error {}
