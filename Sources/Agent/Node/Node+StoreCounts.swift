// SPDX-License-Identifier: Apache-2.0
internal import Objects

/// What came of one operation on one store since the agent began.
public struct StoreCounts: Sendable {
    /// The store, as `node.yaml` calls it.
    public let store: String
    /// `get`, `put`, `create`, `list`, ...
    public let operation: String
    /// How often it was asked for, attempts that failed with it.
    public let count: Int
    /// How often it failed.
    public let failures: Int
    /// How long it took in all.
    public let time: Duration
    /// Bytes of objects that were read or written.
    public let bytes: Int64
}

extension Node {
    /// What stores behind a network were asked.
    public nonisolated func storeCounts() -> [StoreCounts] {
        stores.meters.sorted { $0.key < $1.key }.flatMap { name, meter in
            meter.figures.sorted { $0.key < $1.key }.map { operation, figures in
                StoreCounts(
                    store: name,
                    operation: operation,
                    count: figures.count,
                    failures: figures.failures,
                    time: figures.time,
                    bytes: figures.bytes
                )
            }
        }
    }
}
