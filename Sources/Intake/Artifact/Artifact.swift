// SPDX-License-Identifier: Apache-2.0
public import Transfer

/// An OCI artifact as a source reads it: the files that its layers are, by their titles.
public struct Artifact: Equatable, Sendable {
    /// Fetches the artifact of a reference, every byte verified against its digest.
    ///
    /// Nil if its manifest is the one that is known already. Blocks.
    public typealias Reader =
        @Sendable (_ reference: String, _ known: String?, _ scope: TransferScope) throws(IntakeError) ->
        Artifact?

    /// A file is no larger than this, nor are all of them together four times this.
    public static let maximumFile = 4 << 20
    /// It has no more files than this.
    public static let maximumFiles = 1_000

    /// The digest of its manifest.
    public let digest: String
    /// Its files, by name.
    public let files: [String: [UInt8]]

    /// An artifact.
    public init(digest: String, files: [String: [UInt8]]) {
        self.digest = digest
        self.files = files
    }
}
