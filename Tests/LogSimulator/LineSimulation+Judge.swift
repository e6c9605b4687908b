// SPDX-License-Identifier: Apache-2.0
internal import Volumes

extension LineSimulation {
    /// What was acknowledged must be in its place, and what is beside the rest must be told.
    mutating func judge() throws {
        for (line, sequence, name) in acknowledged {
            guard let bytes = store[line]?[sequence]?.bytes, try ContentName(of: bytes) == name else {
                throw LogOracle.Violation("the acknowledged record \(sequence) of \(line) is lost")
            }
        }
        var ends: [LineHistory.Ends] = []
        var names: [ContentName: (line: Line, record: CommitRecord)] = [:]
        for (line, records) in store {
            var before: (CommitRecord, ContentName)?
            for place in records.keys.sorted() {
                guard let bytes = records[place]?.bytes else { continue }
                let record = try CommitRecord(bytes, at: place)
                let name = try ContentName(of: bytes)
                guard place == (before?.0.sequence ?? 0) + 1 else {
                    throw LogOracle.Violation("place \(place) of \(line) follows a gap")
                }
                if let before { try record.check(after: before.0, named: before.1) }
                before = (record, name)
                names[name] = (line, record)
            }
            guard let first = records[1], let tail = before?.0 else { continue }
            ends.append(
                LineHistory.Ends(line: line, first: try CommitRecord(first.bytes, at: 1), tail: tail)
            )
        }
        let history = LineHistory(of: Self.volume, ends)
        // Record by record from the last one back, by their hashes.
        var reached: Set<ContentName> = []
        var next = try history.main.flatMap { main in ends.first { $0.line == main }?.tail }
            .map { try ContentName(of: $0.encoded()) }
        while let name = next, let (_, record) = names[name], reached.insert(name).inserted {
            next = record.sequence > 1 ? record.parent : record.origin?.name
        }
        for (line, sequence, name) in acknowledged where !reached.contains(name) {
            guard history.forks.contains(line) else {
                throw LogOracle.Violation("record \(sequence) of \(line) is beside the rest, untold")
            }
            guard !isPrompt else {
                throw LogOracle.Violation(
                    "record \(sequence) of \(line) is beside the rest of a prompt store"
                )
            }
        }
        outcome.forks = Set(acknowledged.lazy.filter { !reached.contains($0.name) }.map(\.line)).count
    }
}
