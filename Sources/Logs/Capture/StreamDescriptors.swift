// SPDX-License-Identifier: Apache-2.0
public import Linux

/// What one stream is captured through: the container's pipe (or terminal) and two staging pipes.
///
/// They hold every byte that is not yet in the spool, so whoever keeps them open keeps the log whole.
public struct StreamDescriptors: Sendable {
    /// Where the container's output is read from, nonblocking.
    public let source: Descriptor
    /// Holds the batches with an even number, open for reading and writing.
    public let stage0: Descriptor
    /// Holds the batches with an odd number, open for reading and writing.
    public let stage1: Descriptor

    /// Takes the three descriptors of one stream.
    public init(source: Descriptor, stage0: Descriptor, stage1: Descriptor) {
        self.source = source
        self.stage0 = stage0
        self.stage1 = stage1
    }

    func stage(of batch: UInt64) -> Descriptor { batch & 1 == 0 ? stage0 : stage1 }
}
