// SPDX-License-Identifier: Apache-2.0
internal import Volumes

/// The node's own state in a store, as the node knows it.
struct KeptState {
    enum Phase: Equatable {
        /// It is asked for.
        case acquiring
        /// What the store has is brought here.
        case restoring
        case held
        /// Another machine is the node of this name.
        case elsewhere(String)
    }

    /// The name of the store.
    let store: String
    var phase = Phase.acquiring
    /// What asks the store; nil between two holdings.
    var log: StateLog?
    /// Why the last attempt failed; nil if it did not.
    var failure: String?
    /// What the store has is wanted before anything else is done; nil if it is not.
    var missing: Missing?
    /// What the store is good for; nil until it was asked.
    var guarantee: VolumeGuarantee?
    /// The number of the last version, and of the one that was there before us.
    var sequence: UInt64?
    var foundSequence: UInt64?
    /// When it was made, and the instant that the store has, nanoseconds since 1970.
    var savedAt: Int64?
    var safeAt: Int64?
    var restoredAt: Int64?
    /// The apps as they were saved last, by the numbers of their last changes; nil before the first time.
    var revisions: [String: Int]?
    /// Lines of each log as of the last look, and as they were saved last.
    var seenLines: [String: UInt64] = [:]
    var savedLines: [String: UInt64] = [:]
    var leftOutBytes = 0
    var saves = 0
    var failures = 0
    /// When it was looked after last, and when it is saved and swept next.
    var lookedAt = ContinuousClock.now
    var nextSave = ContinuousClock.now
    var nextSweep = ContinuousClock.now

    /// What of it is wanted.
    enum Missing {
        /// What was printed and not sent, and what happened: something runs already.
        case logs
        /// The apps as well.
        case all
    }

    init(store: String) { self.store = store }
}
