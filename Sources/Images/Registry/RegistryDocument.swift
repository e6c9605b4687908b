// SPDX-License-Identifier: Apache-2.0

/// A document that a registry gave: its digest was computed from its bytes, and is what was asked for if a digest
/// was.
public struct RegistryDocument: Sendable, Hashable {
    /// What it is, its digest and its size.
    public let content: ContentDescriptor
    /// The document itself, at most 4 MiB.
    public let bytes: [UInt8]
}
