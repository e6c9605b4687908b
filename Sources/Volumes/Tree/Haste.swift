// SPDX-License-Identifier: Apache-2.0

/// Who waits while files are read.
enum Haste: Sendable {
    /// Nobody does.
    case none
    /// Containers stand still: what can be is cloned, if there is where, and read when they run again.
    case standing(CloneSpace?)

    /// Whether somebody does.
    var isBrief: Bool {
        if case .standing = self { true } else { false }
    }
}
