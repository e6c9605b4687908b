// SPDX-License-Identifier: Apache-2.0

extension ResolvedModel {
    /// The same for people, as YAML in blocks.
    public var yaml: String {
        var lines: [String] = []
        let order = ["name", "services", JobSet.key, "networks", "volumes", "configs", "secrets", "models"]
        let entries = root.entries.sorted {
            (order.firstIndex(of: $0.key) ?? order.count, $0.key)
                < (order.firstIndex(of: $1.key) ?? order.count, $1.key)
        }
        ResolvedModel.write(entries, indent: "", into: &lines)
        return lines.joined(separator: "\n") + "\n"
    }

    private static func write(_ entries: [Tree.Entry], indent: String, into lines: inout [String]) {
        for entry in entries {
            let key = indent + ResolvedModel.word(entry.key, doublesDollar: false) + ":"
            if let inline = inline(entry.value) {
                lines.append(key + " " + inline)
            } else {
                lines.append(key)
                write(entry.value, indent: indent + "  ", into: &lines)
            }
        }
    }

    private static func write(_ tree: Tree, indent: String, into lines: inout [String]) {
        switch tree.content {
        case .mapping(let entries):
            write(entries.sorted { $0.key < $1.key }, indent: indent, into: &lines)
        case .sequence(let items):
            for item in items {
                if let inline = inline(item) {
                    lines.append(indent + "- " + inline)
                } else {
                    let first = lines.count
                    write(item, indent: indent + "  ", into: &lines)
                    lines[first] = indent + "- " + lines[first].dropFirst(indent.count + 2)
                }
            }
        case .scalar: break
        }
    }

    /// What goes on the line of its key.
    private static func inline(_ tree: Tree) -> String? {
        switch tree.content {
        case .scalar(let scalar): scalar.type == .string ? word(scalar.text) : literal(scalar)
        case .sequence(let items): items.isEmpty ? "[]" : nil
        case .mapping(let entries): entries.isEmpty ? "{}" : nil
        }
    }

    /// A string without quotes where every reader takes it for one.
    private static func word(_ text: String, doublesDollar: Bool = true) -> String {
        let first = text.utf8.first ?? 0
        let isPlain =
            Characters.isName(text, and: "._-/@+,=")
            && (Characters.isLetter(first) || "/_".utf8.contains(first))
            && !ambiguous.contains(text.lowercased())
        return isPlain ? text : quoted(text, doublesDollar: doublesDollar)
    }

    /// What YAML 1.1 or 1.2 reads as something else.
    private static let ambiguous: Set<String> = ["y", "n", "yes", "no", "on", "off", "true", "false", "null"]
}
