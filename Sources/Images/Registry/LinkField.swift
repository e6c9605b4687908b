// SPDX-License-Identifier: Apache-2.0

/// The field `Link` (RFC 8288).
enum LinkField {
    /// The target of the first link with the relation `next`, as written.
    static func next(in fields: [String]) -> String? {
        for field in fields {
            var rest = field[...]
            while let start = rest.firstIndex(of: "<"), let end = rest[start...].firstIndex(of: ">") {
                let target = rest[rest.index(after: start)..<end]
                rest = rest[rest.index(after: end)...]
                // Parameters end with a comma, but not in quotes.
                var isQuoted = false
                let parameters = rest.prefix { character in
                    if character == "\"" { isQuoted.toggle() }
                    return isQuoted || character != ","
                }
                rest = rest.dropFirst(parameters.count)
                let relations = parameters.split(separator: ";").map { $0.filter { $0 != " " && $0 != "\t" } }
                if relations.contains(where: { ["rel=next", "rel=\"next\""].contains($0.lowercased()) }) {
                    return String(target)
                }
            }
        }
        return nil
    }
}
