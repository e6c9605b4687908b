// SPDX-License-Identifier: Apache-2.0
internal import FoundationEssentials
internal import Glibc
internal import TestKit

/// The real Compose, asked what it makes of a file.
enum Oracle {
    /// Why there is no answer.
    struct Absent: Error, CustomStringConvertible {
        let description: String
    }

    /// The model that Compose resolves, or its complaint.
    static func model(of example: CorpusCase) throws -> Result<JSON, Shell.Failure> {
        let output: String
        do {
            output = try Shell.run("\(try command(for: example)) 2>/dev/null")
        } catch is Shell.Failure {
            // Warnings come on the same stream as errors, so it is only read when there is an error.
            do {
                try Shell.run("\(try command(for: example)) >/dev/null")
                throw Absent(description: "\(example.name): refused once, then accepted")
            } catch let complaint as Shell.Failure {
                return .failure(complaint)
            }
        }
        return .success(try JSONDecoder().decode(JSON.self, from: Data(output.utf8)).normalised)
    }

    private static func command(for example: CorpusCase) throws -> String {
        guard let program = getenv("MARTLET_ORACLE").map({ String(cString: $0) }), access(program, X_OK) == 0
        else {
            throw Absent(description: "no docker-compose at MARTLET_ORACLE: run `make oracle`")
        }
        let variables = example.environment.sorted { $0.key < $1.key }.map { quoted("\($0.key)=\($0.value)") }
        let profiles = example.profiles.flatMap { ["--profile", quoted($0)] }
        let files = example.files.flatMap { ["-f", quoted($0)] }
        let words = variables + [quoted(program)] + profiles + files + ["config", "--format", "json"]
        return "cd \(quoted(example.directory)) && env -i PATH=\"$PATH\" \(words.joined(separator: " "))"
    }

    private static func quoted(_ word: String) -> String {
        "'\(word.replacing("'", with: #"'\''"#))'"
    }
}

extension JSON {
    /// Without what Compose only prints and does not mean.
    ///
    /// A dollar is doubled, so that the output may be read as a file again; and a service whose image decides
    /// has a `null` as its command and entrypoint, which is the same as none.
    var normalised: JSON {
        switch self {
        case .string(let value): .string(value.replacing("$$", with: "$"))
        case .list(let values): .list(values.map(\.normalised))
        case .object(let members):
            .object(
                members.reduce(into: [:]) { result, member in
                    let isImages = ["command", "entrypoint"].contains(member.key) && member.value == .null
                    guard !isImages else { return }
                    result[member.key.replacing("$$", with: "$")] = member.value.normalised
                }
            )
        default: self
        }
    }
}
