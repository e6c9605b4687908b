// SPDX-License-Identifier: Apache-2.0

extension ResolvedModel {
    /// One line of JSON with sorted keys, of the structure and the types that `docker-compose config` prints.
    ///
    /// A dollar sign is doubled, so that the text is a Compose file again.
    public var json: String {
        ResolvedModel.json(of: root)
    }

    /// Any part of a model in that form.
    static func json(of tree: Tree) -> String {
        var text = ""
        write(tree, into: &text)
        return text
    }

    private static func write(_ tree: Tree, into text: inout String) {
        switch tree.content {
        case .scalar(let scalar): text += literal(scalar)
        case .sequence(let items):
            text += "["
            for (index, item) in items.enumerated() {
                if index > 0 { text += "," }
                write(item, into: &text)
            }
            text += "]"
        case .mapping(let entries):
            text += "{"
            for (index, entry) in entries.sorted(by: { $0.key < $1.key }).enumerated() {
                if index > 0 { text += "," }
                // Variables are put into values alone.
                text += quoted(entry.key, doublesDollar: false) + ":"
                write(entry.value, into: &text)
            }
            text += "}"
        }
    }

    static func literal(_ scalar: Tree.Scalar) -> String {
        switch scalar.type {
        case .null: "null"
        case .bool: scalar.text.lowercased()
        case .number: number(scalar.text) ?? quoted(scalar.text)
        case .string: quoted(scalar.text)
        }
    }

    /// A number of YAML as one of JSON; nil for infinity and what is not a number.
    private static func number(_ text: String) -> String? {
        let plain = text.filter { $0 != "_" && $0 != "+" }
        let unsigned = plain.hasPrefix("-") ? plain.dropFirst() : plain[...]
        let sign = plain.hasPrefix("-") ? "-" : ""
        let radices: [(String, Int)] = [("0x", 16), ("0o", 8), ("0b", 2)]
        for (prefix, radix) in radices where unsigned.lowercased().hasPrefix(prefix) {
            return UInt64(unsigned.dropFirst(2), radix: radix).map { sign + String($0) }
        }
        // YAML 1.1, as Compose reads it.
        if unsigned.hasPrefix("0"), unsigned.utf8.count > 1, let octal = UInt64(unsigned, radix: 8) {
            return sign + String(octal)
        }
        if let whole = UInt64(unsigned) { return sign + String(whole) }
        guard let value = Double(unsigned), value.isFinite else { return nil }
        let spelled = value.description
        return sign + (spelled.hasSuffix(".0") ? String(spelled.dropLast(2)) : spelled)
    }

    static func quoted(_ text: String, doublesDollar: Bool = true) -> String {
        var result = "\""
        for scalar in text.unicodeScalars {
            switch scalar {
            case "\"": result += "\\\""
            case "\\": result += "\\\\"
            case "\n": result += "\\n"
            case "\r": result += "\\r"
            case "\t": result += "\\t"
            case "$" where doublesDollar: result += "$$"
            default:
                if Characters.hasControl(String(scalar)) {
                    let digits = String(scalar.value, radix: 16)
                    result += "\\u" + String(repeating: "0", count: 4 - digits.count) + digits
                } else {
                    result.unicodeScalars.append(scalar)
                }
            }
        }
        return result + "\""
    }
}
