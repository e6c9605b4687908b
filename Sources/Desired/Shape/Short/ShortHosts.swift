// SPDX-License-Identifier: Apache-2.0

extension Shape {
    /// `[NAME=IP, NAME:IP]`, `{NAME: IP}` or `{NAME: [IP]}` as the list `[NAME=IP]` (services.md, "extra_hosts").
    static let extraHosts = Shape(.each(.string)) { field, _ in
        var lines: [(name: String, address: String, field: Field)] = []
        if field.isMapping {
            for (name, field) in field.entries() {
                for item in field.itemsOrOne() {
                    if let text = item.string() { lines.append((name, text, item)) }
                }
            }
        } else {
            for item in field.items() {
                guard let text = item.string() else { continue }
                let cut = text.firstIndex(of: "=") ?? text.firstIndex(of: ":") ?? text.endIndex
                lines.append((String(text[..<cut]), String(text[cut...].dropFirst()), item))
            }
        }
        return field.tree.replacing(
            .sequence(
                lines.compactMap { name, text, field in
                    let isBracketed = text.hasPrefix("[") && text.hasSuffix("]")
                    let address = isBracketed ? String(text.dropFirst().dropLast()) : text
                    if Names.domain(name) == nil {
                        field.refuse("\(Characters.quoted(name)) is not a host name")
                        return nil
                    }
                    if address != "host-gateway", IPAddress(address) == nil {
                        field.refuse("\(Characters.quoted(text)) is not an IP address")
                        return nil
                    }
                    return field.tree.replacing(.string("\(name)=\(address)"))
                }
            )
        )
    }
}
