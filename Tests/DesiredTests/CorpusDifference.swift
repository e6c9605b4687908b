// SPDX-License-Identifier: Apache-2.0
internal import FoundationEssentials

/// A place where Compose, Martlet and the specification do not agree, as `differences.json` documents it.
struct CorpusDifference: Decodable {
    /// `Compose accepts`, `Martlet refuses` and the like, or a place in the model: `PATH: OURS vs THEIRS`.
    let what: String
    /// Why it is so.
    let why: String
    /// The cases that show it.
    let cases: [String]

    /// All of them, in the order of the file.
    static func all() throws -> [CorpusDifference] {
        let place = URL(filePath: "\(CorpusCase.root)/differences.json")
        return try JSONDecoder().decode([CorpusDifference].self, from: Data(contentsOf: place))
    }

    /// The row of the table in `docs/compose.md`.
    var row: String {
        "| \(what) | \(why) | \(cases.map { "`\($0)`" }.joined(separator: ", ")) |"
    }
}
