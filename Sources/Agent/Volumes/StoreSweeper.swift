// SPDX-License-Identifier: Apache-2.0
internal import Linux
internal import Objects
internal import Transfer
internal import Volumes

/// Sweeps one store for this node, one sweep at a time; remembers what it has read of it.
actor StoreSweeper {
    /// Another node's sweep may be faster so often.
    private static let attempts = 3

    private let executor = BlockingExecutor("martlet.sweep")
    /// A queue of its own: a sweep blocks.
    nonisolated var unownedExecutor: UnownedSerialExecutor { executor.asUnownedSerialExecutor() }

    private let name: String
    private let store: any ObjectStore
    private let sweeper: Sweeper

    init(_ store: any ObjectStore, called name: String) {
        self.name = name
        self.store = store
        sweeper = Sweeper(store)
    }

    /// Sweeps once.
    ///
    /// - Parameters:
    ///   - retentions: What is kept of volumes that this node holds; of others everything is.
    ///   - scope: Ends it early.
    /// - Returns: What was done.
    /// - Throws: `refused` for a store without atomic creation, whose ledger could not be trusted.
    func sweep(_ retentions: [LogPlace: Retention], in scope: TransferScope) throws(VolumeError)
        -> Sweeper.Report
    {
        let promises: StorePromises
        do throws(ObjectError) { promises = try store.promises(in: scope) } catch {
            throw VolumeError("sweep", name, .store(error))
        }
        guard VolumeGuarantee(promises) == .fenced else {
            throw VolumeError(
                "sweep",
                name,
                .refused("it creates nothing atomically: no ledger can be kept in it")
            )
        }
        for _ in 0..<Self.attempts {
            let now = UInt64(Timestamp.now())
            if let report = try sweeper.sweep(retentions, now: now, in: scope) { return report }
        }
        throw VolumeError("sweep", name, .unsettled("another node sweeps it: try again"))
    }
}
