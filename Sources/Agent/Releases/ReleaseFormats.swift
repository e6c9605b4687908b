// SPDX-License-Identifier: Apache-2.0
internal import Containers
internal import Control

/// What a release says of itself before it is tried: its version, and in which formats it leaves things.
///
/// One that is left again must have left nothing that those before it cannot read.
public struct ReleaseFormats: Codable, Equatable, Sendable {
    /// What it calls itself.
    public let version: String
    /// The format of the records.
    public let records: Int
    /// How it talks to the keeper that runs, which it may not replace before it is confirmed.
    public let keeper: String

    /// Ours.
    public static let own = ReleaseFormats(
        version: VersionReply.current,
        records: RecordSchema.version,
        keeper: Keeper.protocolVersion
    )

    /// In which of them another release differs; nil if it can be tried, and left again.
    func difference(from other: ReleaseFormats) -> String? {
        if records != other.records { return "records of format \(records) in place of \(other.records)" }
        if keeper != other.keeper { return "a keeper of protocol \(keeper) in place of \(other.keeper)" }
        return nil
    }
}
