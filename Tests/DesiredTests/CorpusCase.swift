// SPDX-License-Identifier: Apache-2.0
internal import FoundationEssentials
internal import Testing

/// One project of the corpus: a directory with `compose.yaml`, what else it needs, and its verdict.
struct CorpusCase: Sendable, CustomTestStringConvertible {
    /// `valid/NAME` or `invalid/NAME`.
    let name: String
    /// The files that are merged, in order.
    let files: [String]
    /// The profiles that are switched on.
    let profiles: [String]
    /// All variables; nothing is inherited.
    let environment: [String: String]

    /// True if the specification allows it.
    var isValid: Bool { name.hasPrefix("valid/") }
    /// Where it lies.
    var directory: String { "\(CorpusCase.root)/\(name)" }
    var testDescription: String { name }

    /// The folder of the corpus.
    static let root = URL(filePath: #filePath).deletingLastPathComponent().path + "/Corpus"

    /// Every case, in the order of the names; empty if the corpus cannot be read, which a test refuses.
    static let all: [CorpusCase] = (try? ["invalid", "valid"].flatMap(read)) ?? []

    private struct Needs: Decodable {
        var files: [String]?
        var profiles: [String]?
        var environment: [String: String]?
    }

    private static func read(_ verdict: String) throws -> [CorpusCase] {
        try FileManager.default.contentsOfDirectory(atPath: "\(root)/\(verdict)").sorted().map { name in
            let place = "\(root)/\(verdict)/\(name)/case.json"
            var needs = Needs()
            if FileManager.default.fileExists(atPath: place) {
                needs = try JSONDecoder().decode(Needs.self, from: Data(contentsOf: URL(filePath: place)))
            }
            // Both look up a `~` there, and it does not exist.
            let home = ["HOME": "/home/martlet"]
            return CorpusCase(
                name: "\(verdict)/\(name)",
                files: needs.files ?? ["compose.yaml"],
                profiles: needs.profiles ?? [],
                environment: home.merging(needs.environment ?? [:]) { $1 }
            )
        }
    }
}
