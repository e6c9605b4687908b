// SPDX-License-Identifier: Apache-2.0

extension Project {
    /// The resolved project as `config` prints it: all that its files say and imply.
    public var model: ResolvedModel {
        ResolvedModel(tree)
    }

    /// The resolved project as one text that is complete in itself, to be read elsewhere.
    ///
    /// It is a Compose file that describes the same app whatever variables, directory or profiles it is read with.
    public var json: String {
        ResolvedModel(whole.changingServices(\.portable), isWhole: true).json
    }
}

extension Tree {
    /// The project with each of its services changed.
    func changingServices(_ change: (Tree) -> Tree) -> Tree {
        guard let services = self["services"], case .mapping(let entries) = services.content else {
            return self
        }
        return setting("services", services.replacing(.mapping(entries.map { $0.holding(change($0.value)) })))
    }

    /// A service without its profiles, which have been looked at, and with every number that cannot be mistaken.
    fileprivate var portable: Tree {
        let service = self["profiles"] == nil ? self : setting("profiles", nil)
        guard let volumes = service["volumes"], volumes.items.contains(where: { $0["tmpfs"]?["mode"] != nil })
        else { return service }
        let mounts = volumes.items.map { mount -> Tree in
            guard let tmpfs = mount["tmpfs"], let mode = tmpfs["mode"],
                let bits = mode.text.flatMap({ UInt16($0) })
            else { return mount }
            // Compose prints a decimal number, which could as well be meant in octal.
            let octal = mode.replacing(.string("0" + String(bits, radix: 8)))
            return mount.setting("tmpfs", tmpfs.setting("mode", octal))
        }
        return service.setting("volumes", volumes.replacing(.sequence(mounts)))
    }
}
