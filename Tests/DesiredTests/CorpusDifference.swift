// SPDX-License-Identifier: Apache-2.0
internal import FoundationEssentials

/// A place where Compose, Martlet and the specification do not agree, as `differences.json` documents it.
struct CorpusDifference: Decodable {
    /// The case that shows it.
    let example: String
    /// `Compose accepts`, `Martlet refuses` and the like, or a place in the model: `PATH: OURS vs THEIRS`.
    let what: String
    /// Why it is so.
    let why: String

    private enum CodingKeys: String, CodingKey {
        case example = "case"
        case what
        case why
    }

    /// All of them, in the order of the file.
    static func all() throws -> [CorpusDifference] {
        let place = URL(filePath: "\(CorpusCase.root)/differences.json")
        return try JSONDecoder().decode([CorpusDifference].self, from: Data(contentsOf: place))
    }

    /// The row of the table in `docs/compose.md`.
    var row: String {
        "| `\(example)` | \(what) | \(why) |"
    }
}
