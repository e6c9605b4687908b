// SPDX-License-Identifier: Apache-2.0

/// Puts variables into a scalar as Compose does: `$VAR`, `${VAR}`, defaults, demands, alternatives, `$$`.
struct Interpolation {
    /// Why a scalar cannot be completed.
    struct Failure: Error {
        let what: String
        let remedy: String
    }

    /// The value of a variable.
    let lookup: (String) -> String?
    /// Told of every variable that became empty because it is not set.
    let unset: (String) -> Void

    /// No variable makes a scalar longer than this.
    private static let limit = 1 << 20

    /// The completed text.
    func callAsFunction(_ text: String) throws(Failure) -> String {
        var scan = Scan(rest: text.unicodeScalars[...])
        return try expand(&scan, until: nil, depth: 0)
    }

    private func plain(_ name: String) -> String {
        if let value = lookup(name) { return value }
        unset(name)
        return ""
    }

    private struct Scan {
        var rest: Substring.UnicodeScalarView
    }

    private func expand(_ scan: inout Scan, until end: Unicode.Scalar?, depth: Int) throws(Failure) -> String
    {
        guard depth < 16 else {
            throw Failure(what: "variables are nested too deep", remedy: "use at most 16 levels")
        }
        var result = ""
        while let scalar = scan.rest.first {
            if scalar == end { return result }
            scan.rest.removeFirst()
            guard scalar == "$" else {
                result.unicodeScalars.append(scalar)
                continue
            }
            switch scan.rest.first {
            case "$":
                scan.rest.removeFirst()
                result.append("$")
            case "{":
                scan.rest.removeFirst()
                result += try braced(&scan, depth: depth)
            default:
                // Before anything but a name a dollar sign is one.
                let name = takeName(&scan)
                result += name.isEmpty ? "$" : plain(name)
            }
            guard result.utf8.count <= Interpolation.limit else {
                throw Failure(what: "the value grows beyond 1 MiB", remedy: "shorten the variable")
            }
        }
        guard end == nil else {
            throw Failure(what: "a '${' has no '}'", remedy: "close it, or write '$$' for a dollar sign")
        }
        return result
    }

    private func braced(_ scan: inout Scan, depth: Int) throws(Failure) -> String {
        let name = takeName(&scan)
        guard !name.isEmpty else { throw Interpolation.invalid }
        let value = lookup(name)
        var rule = ""
        while let scalar = scan.rest.first, rule.count < 2, ":-?+".unicodeScalars.contains(scalar) {
            if !rule.isEmpty, rule != ":" { break }
            rule.unicodeScalars.append(scalar)
            scan.rest.removeFirst()
        }
        let isSet = rule.hasPrefix(":") ? value.map { !$0.isEmpty } ?? false : value != nil
        let isUsed = rule.hasSuffix("+") ? isSet : !isSet
        let word = rule.isEmpty ? "" : try word(&scan, isUsed: isUsed, depth: depth)
        guard scan.rest.popFirst() == "}" else { throw Interpolation.invalid }
        switch rule.last {
        case nil: return plain(name)
        case "-": return isSet ? value ?? "" : word
        case "+": return isSet ? word : ""
        case "?":
            guard isSet else {
                throw Failure(
                    what: "variable \(Characters.quoted(name)) is required"
                        + (word.isEmpty ? "" : ": \(Characters.printable(word))"),
                    remedy: "set it"
                )
            }
            return value ?? ""
        default: throw Interpolation.invalid
        }
    }

    /// The word after the rule.
    ///
    /// One that is not used is read over, so that a demand within it is not raised.
    private func word(_ scan: inout Scan, isUsed: Bool, depth: Int) throws(Failure) -> String {
        guard !isUsed else { return try expand(&scan, until: "}", depth: depth + 1) }
        var open = 0
        var previous: Unicode.Scalar = " "
        while let scalar = scan.rest.first {
            if scalar == "}" {
                if open == 0 { return "" }
                open -= 1
            } else if scalar == "{", previous == "$" {
                open += 1
            }
            // '$$' is a dollar sign and opens nothing.
            previous = scalar == "$" && previous == "$" ? " " : scalar
            scan.rest.removeFirst()
        }
        return ""
    }

    private func takeName(_ scan: inout Scan) -> String {
        var name = String.UnicodeScalarView()
        while let scalar = scan.rest.first, scalar.isASCII, let byte = UInt8(exactly: scalar.value),
            Characters.isLetter(byte) || scalar == "_" || (!name.isEmpty && Characters.isDigit(byte))
        {
            name.append(scalar)
            scan.rest.removeFirst()
        }
        return String(name)
    }

    private static let invalid = Failure(
        what: "not a valid variable",
        remedy: "write '$$' for a dollar sign, or ${NAME}"
    )
}
