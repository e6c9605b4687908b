// SPDX-License-Identifier: Apache-2.0
internal import Command
internal import Control

extension VolumeVersion {
    /// The versions as people read them.
    static func table(_ versions: [VolumeVersion]) -> Table {
        var table = Table(" VERSION", "BRANCH", "TIME", " SIZE", " ENTRIES", "NODE", "LABELS", "REASON")
        for version in versions {
            let fuzzy = version.isFuzzy ? "its files are of no one instant" : nil
            let reason = [fuzzy, version.reason.isEmpty ? nil : version.reason].compactMap(\.self)
            table.add(
                "\(version.version)",
                Table.Cell(version.branch ?? "-"),
                Table.Cell(version.time),
                "\(Spelling.size(version.bytes))",
                "\(version.entries)",
                Table.Cell(version.node),
                Table.Cell(version.labels.isEmpty ? "-" : version.labels.joined(separator: ",")),
                Table.Cell(reason.joined(separator: ", "), colour: version.isGivenUp ? 33 : nil)
            )
        }
        return table
    }
}

extension SweepStatus {
    /// Sweeps as people read them.
    static func table(_ sweeps: [SweepStatus]) -> Table {
        var table = Table("STORE", " GIVEN UP", " RECORDS", " PACKS", " BYTES", " LATER")
        for sweep in sweeps {
            table.add(
                Table.Cell(sweep.store),
                "\(sweep.versions)",
                "\(sweep.records)",
                "\(sweep.packs)",
                "\(Spelling.size(UInt64(clamping: sweep.bytes)))",
                "\(sweep.marked)"
            )
        }
        return table
    }
}

extension VolumeCheck {
    /// What came of it, and then each thing that is wrong.
    func print() {
        let size = Spelling.size(UInt64(clamping: bytes))
        let outcome = damaged == 0 ? "nothing is damaged" : "\(damaged) are damaged"
        Terminal.print("\(chunks) parts of \(versions) versions, \(size): \(outcome)")
        for damage in damages { Terminal.print("\(damage.pack): \(damage.reason)") }
        for file in files { Terminal.print("\(file.path), of version \(file.version)") }
    }
}
