// SPDX-License-Identifier: Apache-2.0

extension Shape {
    /// `HOST[:CONTAINER[:rwm]]`, `HOST:rwm` or the name of a CDI device (services.md, "devices").
    static func shortDevice(_ field: Field, _ normaliser: Normaliser) -> Tree? {
        guard let text = field.string() else { return nil }
        let isCDI = !text.hasPrefix("/") && text.contains("=")
        var parts =
            isCDI ? [text] : text.split(separator: ":", omittingEmptySubsequences: false).map(String.init)
        guard (1...3).contains(parts.count), isCDI || FilePlace.absolute(parts[0]) != nil else {
            field.refuse("\(Characters.quoted(text)) is not a device", "write HOST[:CONTAINER[:rwm]]")
            return nil
        }
        if parts.count == 2, isChoice(parts[1]) { parts.insert(parts[0], at: 1) }
        let target = parts.count > 1 ? parts[1] : parts[0]
        guard isCDI || FilePlace.absolute(target) != nil else {
            field.refuse("\(Characters.quoted(target)) is not an absolute path")
            return nil
        }
        let permissions = parts.count > 2 ? parts[2] : "rwm"
        guard isChoice(permissions) else {
            field.refuse("\(Characters.quoted(permissions)) is not a choice of rwm")
            return nil
        }
        let position = field.tree.position
        return field.tree.replacing(
            .mapping(
                [
                    ("source", .string(parts[0], at: position)),
                    ("target", .string(target, at: position)),
                    ("permissions", .string(permissions, at: position)),
                ],
                at: position
            )
        )
    }

    /// Whether it is made of `r`, `w` and `m`, each at most once.
    static func isChoice(_ text: String) -> Bool {
        !text.isEmpty && text.allSatisfy { "rwm".contains($0) } && Set(text).count == text.count
    }
}
