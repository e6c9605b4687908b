// SPDX-License-Identifier: Apache-2.0

/// What may happen to a running container for the sake of a snapshot.
public enum SnapshotMode: String, Sendable, CaseIterable {
    /// It stands still for a moment: what it wrote is shared, or is little enough to be copied.
    case live
    /// It stands still for as long as a copy takes.
    case copy
    /// It is stopped and started again; nothing is copied on any file system.
    case restart
}
