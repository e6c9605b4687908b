// SPDX-License-Identifier: Apache-2.0
internal import Command
internal import Control

extension VolumeStatus {
    /// The volumes as people read them; the colour of a state says whether to look.
    static func table(_ volumes: [VolumeStatus], now: Int64 = Spelling.now) -> Table {
        var table = Table(
            "VOLUME",
            "STORE",
            "GUARANTEE",
            "STATE",
            " VERSION",
            " COMMITTED",
            " AT RISK",
            "REASON"
        )
        for volume in volumes {
            table.add(
                Table.Cell("\(volume.app)/\(volume.name)"),
                Table.Cell(volume.store ?? "-"),
                Table.Cell(volume.guarantee),
                Table.Cell(volume.state, colour: volume.colour),
                "\(volume.sequence.map(String.init) ?? "-")",
                "\(volume.committedAt.flatMap { Spelling.age(since: $0, now: now) } ?? "-")",
                "\(volume.riskBytes.map { Spelling.size($0) } ?? "-")",
                Table.Cell(volume.shownReason)
            )
        }
        return table
    }

    private var colour: Int? {
        switch state {
        case "held": 32
        case "failing", "failed", "fenced": 31
        case "acquiring", "restoring", "left": 33
        default: nil
        }
    }

    private var shownReason: String {
        let progress = restore.map { "\($0.done) of \($0.all) entries" }
        let missing = served.map { $0.totalBytes - $0.localBytes } ?? 0
        let served = missing > 0 ? "\(Spelling.size(UInt64(missing))) are still in the store" : nil
        let fuzzy = isFuzzy ? "its files are of no one instant" : nil
        return [progress, served, fuzzy, reason.isEmpty ? nil : reason].compactMap(\.self).joined(
            separator: ", "
        )
    }
}
