// SPDX-License-Identifier: Apache-2.0
internal import Linux

/// How far a version has come; as a text, `name=value` with spaces between.
package struct LazyStatus: Equatable, Sendable {
    /// The version that is served.
    package var sequence: UInt64
    /// Bytes of files that are here, and that there are, without the holes that are known.
    package var local: Int64
    package var total: Int64
    /// Whether all files are here, and a plain directory of them.
    package var isComplete: Bool
    /// Readers that wait for the store.
    package var waiting: Int

    init(_ sequence: UInt64, _ files: VersionFiles, waiting: Int) {
        let progress = files.progress
        self.sequence = sequence
        (local, total) = (progress.local, progress.total)
        isComplete = progress.isComplete && files.plain.hold { $0 }
        self.waiting = waiting
    }

    var text: String {
        "sequence=\(sequence) local=\(local) total=\(total) complete=\(isComplete ? "yes" : "no") waiting=\(waiting)"
    }

    /// Reads what `text` made; nil for anything else.
    init?(_ text: some StringProtocol) {
        var values: [Substring: Substring] = [:]
        for word in text.split(separator: " ") {
            let parts = word.split(separator: "=", maxSplits: 1)
            guard parts.count == 2 else { return nil }
            values[Substring(parts[0])] = Substring(parts[1])
        }
        guard let sequence = values["sequence"].flatMap({ UInt64($0) }),
            let local = values["local"].flatMap({ Int64($0) }),
            let total = values["total"].flatMap({ Int64($0) }), let complete = values["complete"],
            let waiting = values["waiting"].flatMap({ Int($0) })
        else { return nil }
        self.sequence = sequence
        self.local = local
        self.total = total
        isComplete = complete == "yes"
        self.waiting = waiting
    }
}
