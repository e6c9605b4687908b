// SPDX-License-Identifier: Apache-2.0
internal import FoundationEssentials
internal import Glibc
internal import TestKit

/// The real Compose, asked what it makes of a file.
struct Oracle {
    /// Where it is.
    let program: String

    /// Where `make` put it; nil if it is not there.
    static let program: String? = getenv("MARTLET_ORACLE").map { String(cString: $0) }
        .flatMap { access($0, X_OK) == 0 ? $0 : nil }

    /// The model that Compose resolves, or its complaint.
    func model(of example: CorpusCase) throws -> Result<JSON, Shell.Failure> {
        do {
            // Warnings, if any, stand before the model.
            let lines = try Shell.run(command(for: example)).split(separator: "\n").drop { $0 != "{" }
            let model = try JSONDecoder().decode(JSON.self, from: Data(lines.joined(separator: "\n").utf8))
            return .success(model.normalised)
        } catch let complaint as Shell.Failure {
            return .failure(complaint)
        }
    }

    private func command(for example: CorpusCase) -> String {
        let variables = example.environment.sorted { $0.key < $1.key }.map { "\($0.key)=\($0.value)" }
        let options = example.profiles.flatMap { ["--profile", $0] } + example.files.flatMap { ["-f", $0] }
        let words = (variables + [program] + options + ["config", "--format", "json"]).map(Oracle.quoted)
        return "cd \(Oracle.quoted(example.directory)) && "
            + "env -i PATH=\"$PATH\" \(words.joined(separator: " "))"
    }

    private static func quoted(_ word: String) -> String {
        "'\(word.replacing("'", with: #"'\''"#))'"
    }
}

extension JSON {
    /// Without what Compose only prints and does not mean.
    ///
    /// A dollar is doubled, so that the output may be read as a file again; a service whose image decides has a
    /// `null` as its command and entrypoint, and a watch an `exec` without one, which is the same as none; and
    /// the limits of a disk have names with capitals that no Compose file may have.
    var normalised: JSON {
        switch self {
        case .string(let value): .string(value.replacing("$$", with: "$"))
        case .list(let values): .list(values.map(\.normalised))
        case .object(let members):
            .object(
                members.reduce(into: [:]) { result, member in
                    let isImages = ["command", "entrypoint"].contains(member.key) && member.value == .null
                    guard !isImages else { return }
                    let value = member.value.normalised
                    guard member.key != "exec" || value != .object([:]) else { return }
                    let isCapital = ["Path", "Rate", "Weight"].contains(member.key)
                    let key = isCapital ? member.key.lowercased() : member.key
                    result[key.replacing("$$", with: "$")] = value
                }
            )
        default: self
        }
    }
}
