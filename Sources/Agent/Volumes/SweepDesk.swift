// SPDX-License-Identifier: Apache-2.0
internal import Control

/// The sweeps of a node.
struct SweepDesk {
    /// By their stores.
    var sweepers: [String: StoreSweeper] = [:]
    /// What they came to since the agent began.
    var counts: [String: SweepStatus] = [:]
    /// What begins those that come by themselves.
    var caretaker: Task<Void, Never>?
}
