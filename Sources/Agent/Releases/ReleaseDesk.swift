// SPDX-License-Identifier: Apache-2.0
internal import Releases

/// What a node knows of the releases that its agent goes on as.
struct ReleaseDesk {
    /// Where we come from; nil if nobody would go on as anything else.
    var lineage: Lineage?
    var record: ReleaseRecord?
    /// Somebody is at it.
    var isBusy = false
    /// The agent is to go on as what the record says.
    var isDue = false
    /// How often the loop that looks after the node came round.
    var rounds = 0
    var trial: Task<Void, Never>?
    var wish: Task<Void, Never>?
}
