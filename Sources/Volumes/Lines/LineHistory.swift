// SPDX-License-Identifier: Apache-2.0

/// How the lines of a volume hang together.
package struct LineHistory: Sendable {
    /// A line by its ends.
    package struct Ends: Sendable {
        package let line: Line
        package let first: CommitRecord
        package let tail: CommitRecord

        package init(line: Line, first: CommitRecord, tail: CommitRecord) {
            self.line = line
            self.first = first
            self.tail = tail
        }
    }

    /// The line that has the last version; nil for a volume that nobody has begun.
    package let main: Line?
    /// What it goes back on: lines, and up to which of their records.
    package let chain: [Line: UInt64]
    /// Lines with records that the main one does not go back on: nobody merges them, and nobody removes them unasked.
    package let forks: [Line]

    /// Sorts out the lines of a volume, called `APP/VOLUME`.
    package init(of volume: String, _ lines: [Ends]) {
        let lines = lines.sorted { $0.line > $1.line }
        func ends(_ line: Line) -> Ends? { lines.first { $0.line == line } }
        func origin(_ ends: Ends) -> (line: Line, sequence: UInt64)? {
            guard let origin = ends.first.origin, origin.volume.hasPrefix(volume + "@"),
                let line = Line(origin.volume.dropFirst(volume.count + 1))
            else { return nil }
            return (line, origin.sequence)
        }
        let full = lines.first { $0.tail.sequence > 1 || ($0.first.root != nil && origin($0) == nil) }
        let main = full ?? lines.last
        var chain: [Line: UInt64] = [:], next = main.map { (line: $0.line, sequence: $0.tail.sequence) }
        // Epochs fall from line to line, or somebody forged them.
        while let step = next, chain[step.line] == nil {
            chain[step.line] = step.sequence
            next = ends(step.line).flatMap(origin)
        }
        self.main = main?.line
        self.chain = chain
        forks = lines.filter { $0.tail.sequence > (chain[$0.line] ?? 1) }.map(\.line)
    }
}
