// SPDX-License-Identifier: Apache-2.0
package import Objects

/// What a store's promises are good for.
package enum VolumeGuarantee: String, Sendable {
    /// One writer at a time, whatever happens: nobody's acknowledged commit is beside another one's.
    case fenced
    /// Two writers may be acknowledged side by side if the store shows late what it has; both are kept, one of them is
    /// gone on with, and the other is told of. Who may write should be settled elsewhere: by one node for the volume.
    case forkPreserving = "fork-preserving"

    /// What a store is good for.
    package init(_ promises: StorePromises) {
        self = promises.hasAtomicCreate ? .fenced : .forkPreserving
    }
}
