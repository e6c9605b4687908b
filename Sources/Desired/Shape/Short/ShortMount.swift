// SPDX-License-Identifier: Apache-2.0

extension Shape {
    /// `[SOURCE:]TARGET[:OPTION,...]` (services.md, "volumes", short syntax).
    static func shortMount(_ field: Field, _ normaliser: Normaliser) -> Tree? {
        guard let text = field.string() else { return nil }
        let position = field.tree.position
        let parts = text.split(separator: ":", omittingEmptySubsequences: false).map(String.init)
        guard parts.count <= 3, let target = FilePlace.absolute(parts.count == 1 ? parts[0] : parts[1])
        else {
            field.refuse(
                "\(Characters.quoted(text)) is not a mount",
                "write SOURCE:TARGET[:ro] with an absolute target"
            )
            return nil
        }
        let isBind = parts.count > 1 && ["/", ".", "~"].contains { parts[0].hasPrefix($0) }
        var source: String?
        if isBind {
            source = normaliser.path(parts[0], field)
            if source == nil { return nil }
        } else if parts.count > 1 {
            guard Names.resource(parts[0]) != nil else {
                field.refuse(
                    "\(Characters.quoted(parts[0])) is not the name of a volume",
                    "begin a path with '/' or './'"
                )
                return nil
            }
            source = parts[0]
        }
        var isReadOnly = false
        var bind: [(String, Tree?)] = []
        var volume: [(String, Tree?)] = []
        for option in parts.count == 3 ? parts[2].split(separator: ",", omittingEmptySubsequences: false) : []
        {
            switch option {
            case "ro": isReadOnly = true
            case "rw": isReadOnly = false
            // How a virtual machine shares files; Linux does not, and Compose drops them too.
            case "cached", "delegated", "consistent": break
            case "nocopy" where !isBind: volume = [("nocopy", .plain("true", at: position))]
            case "z", "Z": bind.append(("selinux", .string(option, at: position)))
            case _ where propagations.contains(String(option)):
                bind.append(("propagation", .string(option, at: position)))
            default:
                field.refuse(
                    "\(Characters.quoted(option)) is not an option of a \(isBind ? "bind" : "volume")",
                    "use ro, rw, z, Z, \(isBind ? "or a propagation such as rslave" : "or nocopy")"
                )
                return nil
            }
        }
        if isBind { bind.append(("create_host_path", .plain("true", at: position))) }
        return field.tree.replacing(
            .mapping(
                [
                    ("type", .string(isBind ? "bind" : "volume", at: position)),
                    ("source", source.map { .string($0, at: position) }),
                    ("target", .string(target, at: position)),
                    ("read_only", isReadOnly ? .plain("true", at: position) : nil),
                    ("bind", bind.isEmpty ? nil : .mapping(bind, at: position)),
                    ("volume", isBind ? nil : .mapping(volume, at: position)),
                ],
                at: position
            )
        )
    }

    /// mount(2) propagations (services.md, "volumes", long syntax).
    static let propagations = ["private", "rprivate", "shared", "rshared", "slave", "rslave"]
}
