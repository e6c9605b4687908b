// SPDX-License-Identifier: Apache-2.0

/// How a server wants to be convinced: one challenge of `WWW-Authenticate` (RFC 9110, 11.6.1).
struct AuthChallenge: Equatable {
    /// In lower case: `bearer`, `basic`.
    let scheme: String
    /// By their names in lower case; the first of two counts.
    private(set) var parameters: [String: String] = [:]

    /// The challenges of all fields of an answer.
    static func all(in fields: [String]) -> [AuthChallenge] {
        var found: [AuthChallenge] = []
        for field in fields {
            var rest = field[...]
            while true {
                rest = rest.drop { $0 == " " || $0 == "\t" || $0 == "," }
                let word = rest.prefix { !" \t,=\"".contains($0) }
                guard !word.isEmpty else { break }
                rest = rest.dropFirst(word.count).drop { $0 == " " || $0 == "\t" }
                // `name=value` belongs to the challenge before it; a bare word begins the next one.
                guard rest.first == "=" else {
                    found.append(AuthChallenge(scheme: word.lowercased()))
                    continue
                }
                rest = rest.dropFirst().drop { $0 == " " || $0 == "\t" }
                let value = Self.value(&rest)
                guard !found.isEmpty else { continue }
                if found[found.count - 1].parameters[word.lowercased()] == nil {
                    found[found.count - 1].parameters[word.lowercased()] = value
                }
            }
        }
        return found
    }

    private static func value(_ rest: inout Substring) -> String {
        guard rest.first == "\"" else {
            let value = rest.prefix { !" \t,".contains($0) }
            rest = rest.dropFirst(value.count)
            return String(value)
        }
        rest = rest.dropFirst()
        var value = ""
        while let character = rest.popFirst(), character != "\"" {
            value.append(character == "\\" ? rest.popFirst() ?? "\\" : character)
        }
        return value
    }
}
